"""The login that is in effect, which a user's own file may choose."""

from tmpauthenticator import TmpAuthenticator
from traitlets import import_item
from traitlets.config import Config

from ..settings.environment import TEMPORARY


def temporary_users(c: Config) -> bool:
    """Users are made up at login and never come back, as on tmpnb.org."""
    return c.JupyterHub.authenticator_class == TEMPORARY or is_chosen(c, TmpAuthenticator)


def is_chosen(c: Config, authenticator: type) -> bool:
    """The login is this one, or a class below it."""
    chosen = c.JupyterHub.authenticator_class
    if isinstance(chosen, str) and "." in chosen:
        chosen = import_item(chosen)
    return isinstance(chosen, type) and issubclass(chosen, authenticator)
