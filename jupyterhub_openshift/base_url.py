"""Answer the kubelet and the proxy at `/hub/`, whatever the base URL of the hub is.

The templates' probes ask for `/hub/health`, and the proxy asks for error pages at `/hub/error`. Neither knows
the base URL of a configuration file: JupyterHub would redirect both to a page that does not exist, and the
kubelet would restart the hub. A person who opens the bare host name is redirected to the base URL.
"""

from urllib.parse import urlparse

from jupyterhub.app import JupyterHub
from jupyterhub.handlers.pages import HealthCheckHandler, ProxyErrorHandler
from tornado.web import RedirectHandler
from traitlets.config import Config

_init_handlers = JupyterHub.init_handlers


def answer_outside_base_url() -> None:
    """Do so in the hub of this process."""
    JupyterHub.init_handlers = init_handlers


def init_handlers(hub: JupyterHub) -> None:
    """Put the handlers of the root before those of the base URL."""
    _init_handlers(hub)
    if hub.base_url != "/":
        hub.handlers[:0] = [
            ("/hub/health", HealthCheckHandler),
            (r"/hub/error/(\d+)", ProxyErrorHandler),
            ("/", RedirectHandler, {"url": hub.base_url, "permanent": False}),
        ]


def base_url_of(c: Config) -> str:
    """Return the base URL that a configuration sets, with `/` first and last."""
    path = c.JupyterHub.get("base_url") or urlparse(str(c.JupyterHub.get("bind_url", ""))).path
    return f"/{path.strip('/')}/" if path.strip("/") else "/"
