"""setup-volume.sh copies the image's files to a user's volume, once for each contract of an image."""

import subprocess

import pytest

from jupyterhub_openshift.spawner.home_volume import SETUP


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


def start(image, volume, contract="", *folders):
    command = ["/bin/sh", "-c", SETUP, "setup-volume", image, volume, contract, *folders]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def files(volume):
    return {
        str(path.relative_to(volume)): path.read_text()
        for path in volume.rglob("*")
        if path.is_file() and not path.name.startswith(".setup-volume-done")
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


def test_an_image_of_another_contract_adds_its_files_and_changes_none(image, volume, tmp_path):
    start(image, volume)
    (volume / "Index.ipynb").write_text("the user's work")
    (volume / "data/points.csv").unlink()
    other = tmp_path / "other"
    other.mkdir()
    (other / "Index.ipynb").write_text("from the other image")
    (other / ".bashrc").write_text("conda")
    expected = {"Index.ipynb": "the user's work", ".hidden": "hidden", ".bashrc": "conda"}
    start(other, volume, "docker-stacks")
    assert files(volume) == expected
    (volume / ".bashrc").unlink()
    assert start(other, volume, "docker-stacks") == start(image, volume) == ""
    assert files(volume) == {"Index.ipynb": "the user's work", ".hidden": "hidden"}


def test_a_home_that_only_the_images_own_user_may_read_leaves_the_volume_empty(volume, tmp_path):
    """Such as /home/NAME with mode 0750, as Ubuntu's useradd makes it."""
    missing = tmp_path / "missing"
    assert start(missing, volume) == (
        f"The image has no {missing} that can be read: the volume at {volume} stays as it is.\n"
    )
    assert files(volume) == {}


def test_each_start_makes_the_folders_where_other_volumes_are_mounted(image, volume):
    start(image, volume)
    start(image, volume, "", "shared/our data", "shared/b")
    assert sorted(path.name for path in (volume / "shared").iterdir()) == ["b", "our data"]
