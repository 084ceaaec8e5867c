"""Ports for the servers of tests."""

import os
import random
import socket
from collections.abc import Iterator

# Below those of outgoing connections, one of which would take a port before its server does.
FIRST, WORKERS, OF_EACH = 20000, 24, 500


def ports_of(worker: str) -> Iterator[int]:
    """Those of a worker of pytest-xdist, such as "gw2": nobody else's, in an order of its own."""
    first = FIRST + int(worker.removeprefix("gw")) % WORKERS * OF_EACH
    return iter(random.sample(range(first, first + OF_EACH), OF_EACH))


_PORTS = ports_of(os.environ.get("PYTEST_XDIST_WORKER", "gw0"))


def free_port() -> int:
    """A port that nothing listens on, and that is given once."""
    return next(port for port in _PORTS if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def listens(port: int) -> bool:
    """Whether something listens on it."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
