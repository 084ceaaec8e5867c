"""Start JupyterHub as its command does, with a garbage collector that leaves the program's own objects alone.

    python -m jupyterhub_openshift.start_hub --config FILE

While modules load, the collector finds nothing, and takes a sixth of the time until the hub answers. From
then on it would look through their 500,000 objects again and again.
"""

import gc
from typing import Any

# Objects since the last collection; 700 by default, which one request of a page exceeds several times.
THRESHOLD = 10_000


def main() -> None:
    """Run the hub until it ends."""
    gc.disable()
    from jupyterhub.app import JupyterHub  # noqa: PLC0415 (what takes the time)

    start = JupyterHub.start

    async def start_and_collect(hub: Any) -> None:  # noqa: ANN401 (JupyterHub)
        await start(hub)
        gc.freeze()
        gc.set_threshold(THRESHOLD)
        gc.enable()

    JupyterHub.start = start_and_collect
    JupyterHub.launch_instance()


if __name__ == "__main__":
    main()
