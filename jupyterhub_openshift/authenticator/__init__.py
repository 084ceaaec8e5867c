"""How people log in: with OpenShift, or as temporary users."""

from .project_authenticator import ProjectAuthenticator
from .temporary_users import TemporaryAuthenticator

__all__ = ["ProjectAuthenticator", "TemporaryAuthenticator"]
