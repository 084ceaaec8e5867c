"""Which authenticator is in effect: a user's own configuration file may have set another one."""

from tmpauthenticator import TmpAuthenticator
from traitlets import import_item
from traitlets.config import Config

from ..settings.environment import TEMPORARY


def temporary_users(c: Config) -> bool:
    """Return whether each login creates a temporary user, as on tmpnb.org."""
    return c.JupyterHub.authenticator_class == TEMPORARY or is_chosen(c, TmpAuthenticator)


def is_chosen(c: Config, authenticator: type) -> bool:
    """Return whether the authenticator in effect is this class or a subclass of it."""
    chosen = c.JupyterHub.authenticator_class
    if isinstance(chosen, str) and "." in chosen:
        chosen = import_item(chosen)
    return isinstance(chosen, type) and issubclass(chosen, authenticator)
