"""Fixtures of the tests of the hub, for tests of security."""

from tests.hub.conftest import configurable_http_proxy  # noqa: F401 (a fixture)
