"""Images on disk, which several sandboxes may share."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sandbox.containers.images import Images


def test_leftovers_of_killed_builds_are_removed_and_running_builds_are_kept(tmp_path: Path) -> None:
    images = Images(tmp_path)
    going_on, _ = images.new_layer()
    ended = subprocess.Popen(["true"])
    ended.wait()
    killed = tmp_path / "new" / f"{ended.pid}.abcdefgh" / "layer"
    killed.mkdir(parents=True)
    Images(tmp_path)
    assert (going_on.is_dir(), killed.exists()) == (True, False)


def test_an_equal_layer_built_concurrently_is_reused(tmp_path: Path) -> None:
    images = Images(tmp_path)
    layers = [images.new_layer()[0] for _ in range(2)]
    for layer in layers:
        (layer / "file").write_text("the same")
    kept = [images.keep(layer) for layer in layers]
    assert kept[0] == kept[1]
    assert (kept[0] / "file").read_text() == "the same"
    assert list((tmp_path / "new").iterdir()) == []
