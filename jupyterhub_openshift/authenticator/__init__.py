"""The hub's authenticators: OpenShift login, and temporary users."""

from .project_authenticator import ProjectAuthenticator
from .temporary_users import TemporaryAuthenticator

__all__ = ["ProjectAuthenticator", "TemporaryAuthenticator"]
