"""Images that buildah builds on a Debian without Node, run as an arbitrary user with a read-only root."""

import json
import re

import pytest

from tests.images.starts import HUB, JUPYTERHUB, NOTEBOOK

NAMES = ("hub", "custom-hub", "notebook", "custom-notebook")
FOLDERS = ("/usr", "/etc", "/var/tmp", "/opt")
READ_ONLY = f"""
id -u; id -g; id -G
for folder in {" ".join(FOLDERS)}; do touch $folder/file 2>&1; done
cd /opt/app-root && touch src/file lib/file /tmp/file && rm src/file lib/file && echo written
grep -c '^Cap.*[^0]$' /proc/self/status || true
"""


@pytest.mark.parametrize("name", NAMES)
def test_any_user_of_group_0_writes_to_app_root_and_tmp_only(name, images):
    refused = [f"touch: cannot touch '{folder}/file': Read-only file system" for folder in FOLDERS]
    assert images[name].run(READ_ONLY).splitlines() == ["1000620000", "0", "0", *refused, "written", "0"]


@pytest.mark.parametrize("name", NAMES)
def test_files_of_a_build_belong_to_its_user_and_group_0_can_write_them(name, images):
    root = images[name].root
    for path in [root / "opt/app-root", *(root / "opt/app-root").rglob("*")]:
        status = path.lstat()
        assert status.st_gid == 0, path
        assert path.is_symlink() or status.st_mode & 0o60 == 0o60, path
    assert (root / "opt/app-root/builder/assemble").stat().st_uid == 1001


@pytest.mark.parametrize("name", NAMES)
def test_the_machines_package_settings_are_not_in_an_image(name, images, buildah):
    image = images[name]
    assert buildah.env.keys() & image.env.keys() == set()
    everything = json.dumps(image.config)
    assert [value for value in buildah.env.values() if len(value) > 8 and value in everything] == []
    mounted = [
        image.root / target.lstrip("/") for target in buildah.mounted if not target.startswith("/etc/ssl")
    ]
    files = [file for path in mounted for file in (path, *path.rglob("*")) if file.is_file()]
    assert [file for file in files if file.stat().st_size] == []  # empty ones are where something was mounted


def test_the_hub_is_healthy_behind_its_proxy(images):
    printed = images["hub"].run(HUB, CONFIGPROXY_AUTH_TOKEN="the-token")
    health, version, *log = printed.splitlines()
    assert (health, version) == ("", json.dumps({"version": JUPYTERHUB})), printed
    assert "[jupyterhub-openshift] Not in a cluster: no UID range and no login server are read" in log


def test_a_custom_hub_has_its_settings_and_is_healthy(images):
    printed = images["custom-hub"].run(HUB, CONFIGPROXY_AUTH_TOKEN="the-token")
    health, version, *log = printed.splitlines()
    assert (health, version) == ("", json.dumps({"version": JUPYTERHUB})), printed
    assert "[jupyterhub-openshift] Loading /opt/app-root/src/jupyterhub_config.py" in log


def test_a_notebook_server_answers_who_has_its_token(images):
    version, contents = images["notebook"].run(NOTEBOOK).splitlines()
    assert re.match(r'\{"version": "2\.', version)
    assert json.loads(contents)["content"] == []


def test_a_custom_notebook_server_has_the_repositorys_notebook_and_packages(images):
    image = images["custom-notebook"]
    _, contents = image.run(NOTEBOOK).splitlines()
    found = {entry["name"] for entry in json.loads(contents)["content"]}
    assert found == {"Index.ipynb", "requirements.txt"}
