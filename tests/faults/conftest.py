"""Fixtures of the tests of the hub, for tests of faults."""

from tests.hub.conftest import configurable_http_proxy, recorded  # noqa: F401 (fixtures)
