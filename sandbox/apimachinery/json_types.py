"""Type aliases for JSON data."""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""Any JSON value."""

Obj: TypeAlias = dict[str, Any]
"""A JSON object, such as a Kubernetes object or a part of one."""
