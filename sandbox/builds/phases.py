"""The phases of a build."""

from __future__ import annotations

ENDED = ("Complete", "Failed", "Error", "Cancelled")
