"""Makes "all interfaces" mean the pod's own address, because the sandbox's pods share one loopback interface.

Loaded by sandbox_pod_ip.pth; does nothing unless the sandbox's kubelet has set SANDBOX_POD_IP.
"""

from __future__ import annotations

import os
import socket
from typing import Any


def _only_own_address(pod_ip: str) -> None:
    bind = socket.socket.bind

    def bind_to_pod(self: socket.socket, address: tuple[Any, ...] | bytes) -> None:
        if self.family == socket.AF_INET and isinstance(address, tuple) and address[0] in ("", "0.0.0.0"):  # noqa: S104
            address = (pod_ip, *address[1:])
        bind(self, address)

    socket.socket.bind = bind_to_pod  # type: ignore[method-assign, assignment]
    socket.has_ipv6 = False  # servers then bind once, and not to [::] as well


if os.environ.get("SANDBOX_POD_IP"):
    _only_own_address(os.environ["SANDBOX_POD_IP"])
