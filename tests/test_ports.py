"""A port that a test is given stays its own until its server listens."""

import itertools
import socket
from pathlib import Path

from tests import ports


def test_no_outgoing_connection_is_given_a_port_of_the_tests():
    given_by_linux = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert int(given_by_linux[0]) >= ports.FIRST + ports.WORKERS * ports.OF_EACH


def test_two_workers_have_no_port_in_common():
    workers = [set(ports.ports_of(f"gw{n}")) for n in range(ports.WORKERS)]
    assert {len(worker) for worker in workers} == {ports.OF_EACH}
    assert not any(one & other for one, other in itertools.combinations(workers, 2))


def test_a_port_is_given_once():
    given = [ports.free_port() for _ in range(20)]
    assert len(set(given)) == 20


def test_a_port_that_is_listened_on_is_not_given(monkeypatch):
    taken, free = ports.free_port(), ports.free_port()
    with socket.create_server(("127.0.0.1", taken)):
        monkeypatch.setattr(ports, "_PORTS", iter([taken, free]))
        assert ports.free_port() == free
