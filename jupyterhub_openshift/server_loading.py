"""Whether the hub still loads the servers that ran when it started; see `running_servers`."""

from typing import Any


def loading(hub: Any) -> bool:  # noqa: ANN401 (JupyterHub, or None)
    """Return True until the hub knows all running servers."""
    loaded = getattr(hub, "servers_loaded", None)
    return loaded is not None and not loaded.is_set()
