"""One running sandbox for all tests that only talk to it."""

from collections.abc import Iterator

import pytest

from tests.sandbox.command import DATABASE, Sandbox, eventually, image_stream


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """It has an image stream `tool` with a tag 16, and no other object of its own."""
    folder = tmp_path_factory.mktemp("sandbox")
    running = Sandbox(folder / "state")
    running.start()
    try:
        running.create(folder, image_stream("tool", **{"16": DATABASE}))
        eventually(lambda: running.get("is/tool")["status"].get("tags"))
        yield running
    finally:
        running.stop()
