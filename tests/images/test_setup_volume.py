"""setup-volume.sh copies the image's files to a user's volume, once."""

import subprocess

import pytest

from tests.paths import CHECKOUT

SCRIPT = CHECKOUT / "notebook/setup-volume.sh"


@pytest.fixture
def image(tmp_path):
    """The files of an image."""
    folder = tmp_path / "image"
    (folder / "data").mkdir(parents=True)
    (folder / "Index.ipynb").write_text("from the image")
    (folder / "data/points.csv").write_text("1,2")
    (folder / ".hidden").write_text("hidden")
    (folder / "latest.csv").symlink_to("data/points.csv")
    return folder


@pytest.fixture
def volume(tmp_path):
    """A user's volume, empty."""
    folder = tmp_path / "volume"
    folder.mkdir()
    return folder


def start(image, volume):
    done = subprocess.run([SCRIPT, image, volume], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def files(volume):
    return {
        str(path.relative_to(volume)): path.read_text()
        for path in volume.rglob("*")
        if path.is_file() and path.name != ".setup-volume-done"
    }


IMAGE = {
    "Index.ipynb": "from the image",
    "data/points.csv": "1,2",
    ".hidden": "hidden",
    "latest.csv": "1,2",
}


def test_the_first_start_copies_everything(image, volume):
    assert start(image, volume) == f"Copying {image} to the volume at {volume} ...\n"
    assert files(volume) == IMAGE
    assert (volume / "latest.csv").is_symlink()


def test_later_starts_restore_and_overwrite_nothing(image, volume):
    start(image, volume)
    (volume / "Index.ipynb").write_text("the user's work")
    (volume / "data/points.csv").unlink()
    (image / "New.ipynb").write_text("a later image")
    assert start(image, volume) == ""
    assert files(volume) == {"Index.ipynb": "the user's work", ".hidden": "hidden"}


def test_files_in_the_volume_are_kept(image, volume):
    (volume / "data").mkdir()
    (volume / "data/points.csv").write_text("the user's points")
    (volume / "data/mine.csv").write_text("mine")
    start(image, volume)
    assert files(volume) == IMAGE | {
        "data/points.csv": "the user's points",
        "data/mine.csv": "mine",
        "latest.csv": "the user's points",
    }


def test_an_interrupted_copy_is_completed(image, volume):
    staging = volume / ".setup-volume-staging"
    staging.mkdir()
    (staging / "Index.ipynb").write_text("from the im")
    (volume / ".hidden").write_text("hidden")
    start(image, volume)
    assert files(volume) == IMAGE


def test_group_0_can_write_all_of_it(image, volume):
    (image / "data").chmod(0o755)
    start(image, volume)
    made = [volume / "data", volume / ".setup-volume-done"]
    assert [path for path in made if not path.stat().st_mode & 0o20] == []
