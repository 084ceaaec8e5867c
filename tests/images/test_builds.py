"""S2I builds, for real: a Python base, our images on it, and users' own images on those."""

import re
import shutil
from pathlib import Path

import pytest

from sandbox.containers import base_images
from sandbox.containers.image_store import merged

NETWORK = (
    "In a closed network, set HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or a mirror (PIP_INDEX_URL for Python "
    "packages, NPM_MIRROR for npm packages), in the environment of the BuildConfig.\n"
)
NOT_INSTALLED = """
ERROR: Installing the packages that your repository names failed, see above.
If a package was not found, correct its name. The packages come from PyPI, or from PIP_INDEX_URL. """
CONFIGURATION = """
ERROR: Checking the configuration failed, see above.
Correct the file that the message names, and start the build again.
"""


def after(start: str, log: str) -> str:
    """A log from the first line that starts so to its end."""
    found = re.search(f"^{re.escape(start)}", log, re.MULTILINE)
    assert found, log
    return log[found.start() :]


def paths(image):
    return {entry.path for entry in merged(image.layers)}


@pytest.mark.parametrize("name", ["hub", "notebook"])
def test_any_user_of_group_0_can_write_what_the_image_owns(name, workshop, request):
    assert workshop.images.not_group_writable(request.getfixturevalue(name)) == []


@pytest.mark.parametrize("name", ["hub", "notebook"])
def test_a_build_leaves_only_the_scripts_outside_of_app_root(name, base, request):
    new = paths(request.getfixturevalue(name)) - paths(base)
    assert {path for path in new if not path.startswith("opt/app-root/")} == {
        "tmp/.s2i",
        "tmp/.s2i/image_metadata.json",
        "tmp/scripts",
        "tmp/scripts/assemble",
        "tmp/scripts/run",
    }


@pytest.mark.parametrize("name", ["hub", "notebook"])
def test_all_modules_are_compiled_and_no_cache_is_left(name, base, request):
    image = paths(request.getfixturevalue(name))
    here = {path for path in image if "/site-packages/" in path} - paths(base)
    modules = {path for path in here if path.endswith(".py")}
    compiled = {
        re.sub(r"__pycache__/(.*)\.cpython-3\d+\.pyc$", r"\1.py", path)
        for path in here
        if path.endswith(".pyc")
    }
    assert modules
    assert modules - compiled == set()
    assert {path for path in image if re.search(r"/(\.cache|\.npm|_cacache|uv|\.lock)$", path)} == set()
    assert {path for path in image if path.startswith("opt/app-root/src/")} == set()


def test_the_hub_image_has_what_its_pods_start(workshop, hub):
    command = "jupyterhub --version && configurable-http-proxy --version && id -u && pwd"
    versions = workshop.run(hub, command).splitlines()
    assert versions[0].startswith("6.")
    assert versions[1].startswith("5.")
    assert versions[2:] == ["1000620000", "/opt/app-root/src"]


def test_the_hub_adds_less_than_200_mb_to_a_base_with_node(hub, base):
    if base_images.node() is None:
        pytest.skip("this machine has no Node, so the hub image brings one of 126 MB")
    assert hub.size - base.size < 200_000_000


def test_the_notebook_image_has_the_hubs_jupyterhub(workshop, hub, notebook):
    hubs = workshop.run(hub, "jupyterhub --version")
    assert workshop.run(notebook, "jupyterhub-singleuser --version") == hubs


@pytest.mark.parametrize(("name", "folder"), [("hub", "."), ("notebook", "notebook")])
def test_two_builds_of_one_source_are_the_same(name, folder, workshop, checkout, base, request):
    """Compare name, kind, mode, owner and content of all files: a layer is named after their hash."""
    again, _ = workshop.build(checkout / folder, base)
    assert again.layers == request.getfixturevalue(name).layers


def test_an_older_python_is_refused(workshop, checkout, base):
    found = [shutil.which(f"python3.{minor}") for minor in (9, 8, 7, 6)]
    found += [str(path) for path in Path.home().glob(".pyenv/versions/3.9.*/bin/python3.9")]
    old = next((Path(path).resolve() for path in found if path and "shims" not in path), None)
    if old is None:
        pytest.skip("no Python older than 3.10 is on this machine")
    layer, _ = workshop.images.new_layer()
    (layer / "opt/app-root/bin").mkdir(parents=True)
    (layer / "opt/app-root/bin/python").symlink_to(old)
    prefix = old.parents[1]
    (layer / str(prefix).lstrip("/")).mkdir(parents=True)
    directories = f"{base.labels['sandbox.host-directories']}:{prefix}".strip(":")
    config = {**base.config, "Labels": {**base.labels, "sandbox.host-directories": directories}}
    old_base = workshop.images.add((*base.layers, workshop.images.keep(layer)), config)
    log = after("ERROR:", workshop.failing_build(checkout, old_base))
    assert re.sub(r"Python 3\.\d+\.\d+", "Python 3.9.x", log) == (
        "ERROR: Python 3.9.x is too old: JupyterHub 6 needs Python 3.10 or newer. "
        "Use a base such as registry.access.redhat.com/ubi9/python-312.\n"
    )


def test_a_custom_hub_has_its_package_and_its_files(workshop, hub, repo):
    source = repo(
        {
            "requirements.txt": "cowsay\n",
            "jupyterhub_config.py": "from greeting import TEXT\nc.JupyterHub.template_vars = {'a': TEXT}\n",
            "greeting.py": "TEXT = 'hello'\n",
            "templates/login.html": "hello",
        }
    )
    image, log = workshop.build(source, hub)
    assert "[jupyterhub-openshift] Loading /opt/app-root/src/jupyterhub_config.py\n" in log
    assert workshop.run(image, "find . -type f | sort && python -m cowsay -t hi | grep -o hi") == (
        "./greeting.py\n./jupyterhub_config.py\n./requirements.txt\n./templates/login.html\nhi\n"
    )
    assert workshop.images.not_group_writable(image) == []
    assert image.config["Cmd"] == ["/bin/sh", "-c", "exec /opt/app-root/builder/run"]


def test_a_requirement_that_the_hub_does_not_accept_is_refused(workshop, hub, repo):
    log = workshop.failing_build(repo({"requirements.txt": "cowsay\njupyterhub==5.2.1\n"}), hub)
    version = workshop.run(hub, "jupyterhub --version").strip()
    assert after("ERROR:", log) == (
        "ERROR: Your requirement jupyterhub==5.2.1 conflicts with the hub:\n"
        "  the image needs jupyterhub<7,>=6; yours installs jupyterhub 5.2.1\n"
        f"Write instead: jupyterhub=={version}\n"
    )


def test_a_package_that_does_not_exist_is_named(workshop, hub, repo):
    log = workshop.failing_build(repo({"requirements.txt": "no-such-package-for-this-hub\n"}), hub)
    assert after("error:", log) == (
        "error: No solution found when resolving dependencies\n"
        "  cause: Because no-such-package-for-this-hub was not found in the package registry and you require "
        "no-such-package-for-this-hub, we can conclude that your requirements are unsatisfiable.\n"
        + NOT_INSTALLED
        + NETWORK
    )


def test_a_package_moves_a_version_of_the_image_that_the_server_also_accepts(workshop, notebook, repo):
    """botocore needs python-dateutil<3; Jupyter accepts each version."""
    image, log = workshop.build(repo({"requirements.txt": "python-dateutil==2.8.2\n"}), notebook)
    assert " + python-dateutil==2.8.2\n" in log
    assert workshop.run(image, "python -c 'import dateutil; print(dateutil.__version__)'") == "2.8.2\n"


def test_a_package_that_breaks_the_server_fails_the_build(workshop, notebook, repo):
    hook = ".s2i/action_hooks/post_build"
    source = repo({hook: "#!/bin/bash\npip install --quiet --no-deps traitlets==4.3.3\n"}, executable=(hook,))
    log = workshop.failing_build(source, notebook)
    assert re.search(r"^ipykernel \S+ needs traitlets>=5\S+, but 4\.3\.3 is installed$", log, re.MULTILINE)
    assert after("\nERROR:", log) == (
        "\nERROR: Checking that JupyterLab and a kernel start failed, see above.\n"
        "Remove the package or the command that breaks them.\n"
    )


def test_a_syntax_error_in_the_configuration_fails_the_build(workshop, hub, repo):
    log = workshop.failing_build(repo({"jupyterhub_config.py": "c.JupyterHub.port = 8000\nif True\n"}), hub)
    assert after("/opt/app-root/src", log) == (
        "/opt/app-root/src/jupyterhub_config.py, line 2: expected ':' (the file is not valid Python)\n"
        + CONFIGURATION
    )


def test_an_unknown_setting_fails_the_build(workshop, hub, repo):
    log = workshop.failing_build(
        repo({"jupyterhub_config.d/image.py": "\nc.KubeSpawner.imagee = 'x'\n"}), hub
    )
    assert after("/opt/app-root/src", log) == (
        "/opt/app-root/src/jupyterhub_config.d/image.py, line 2: c.KubeSpawner.imagee is not a setting. "
        "Did you mean c.KubeSpawner.image?\n" + CONFIGURATION
    )


def test_a_custom_notebook_image_has_package_notebooks_and_hook(workshop, notebook, repo):
    source = repo(
        {
            "requirements.txt": "cowsay\n",
            "Index.ipynb": "{}",
            ".s2i/environment": "GREETING=hello\n",
            ".s2i/action_hooks/post_build": "#!/bin/bash\npython -m cowsay -t $GREETING > cow.txt\n",
        },
        executable=(".s2i/action_hooks/post_build",),
    )
    image, _ = workshop.build(source, notebook)
    assert workshop.run(image, "ls -A && grep hello cow.txt && echo $GREETING") == (
        "Index.ipynb\ncow.txt\nrequirements.txt\n| hello |\nhello\n"
    )
    assert workshop.images.not_group_writable(image) == []


def test_conda_environments_are_refused(workshop, notebook, repo):
    log = workshop.failing_build(repo({"environment.yml": "name: mine\n"}), notebook)
    assert after("ERROR:", log) == (
        "ERROR: environment.yml needs conda, which is not in this image. List the packages in "
        "requirements.txt instead, one per line, for example: pandas>=2\n"
    )


def test_a_hook_that_is_not_executable_is_refused(workshop, notebook, repo):
    log = workshop.failing_build(repo({".s2i/action_hooks/post_build": "true\n"}), notebook)
    assert after("ERROR:", log) == (
        "ERROR: .s2i/action_hooks/post_build is not executable. "
        "Run: git update-index --chmod=+x .s2i/action_hooks/post_build\n"
    )


def test_a_hook_with_windows_line_ends_is_refused(workshop, notebook, repo):
    log = workshop.failing_build(repo({"postBuild": "#!/bin/bash\r\ntrue\r\n"}), notebook)
    assert after("ERROR:", log) == (
        "ERROR: postBuild has Windows line ends, with which Linux cannot start it. "
        "Convert it: sed -i 's/\\r$//' postBuild\n"
    )


def test_a_repository_made_for_binder_is_built_with_its_odd_file_names(workshop, notebook, repo):
    """As with repo2docker, postBuild need not be executable, and only binder/ names packages."""
    source = repo(
        {
            "binder/requirements.txt": "-e .\r\n",
            "binder/postBuild": "#!/bin/bash\npython -c 'import cow; cow.say()' > said.txt\n",
            "requirements.txt": "no-such-package-for-this-hub\n",
            "setup.py": "from setuptools import setup; setup(name='cow', version='1', py_modules=['cow'])\n",
            "cow.py": "def say(): print('moo')\n",
            "Übung 1 (neu).ipynb": "{}",
            "-rf": "",
            "secret.txt": "",
            ".s2iignore": "secret.txt\n",
        }
    )
    (source / "latest.ipynb").symlink_to("Übung 1 (neu).ipynb")
    image, log = workshop.build(source, notebook)
    assert "requirements.txt is not read, since binder/ names the packages\n" in log
    shown = workshop.run(image, "ls -1 *.ipynb ./-rf said.txt secret.txt 2>&1; cat latest.ipynb said.txt")
    assert shown.splitlines() == [
        "ls: cannot access 'secret.txt': No such file or directory",
        "./-rf",
        "latest.ipynb",
        "said.txt",
        "Übung 1 (neu).ipynb",
        "{}moo",
    ]


def test_a_failing_hook_fails_the_build(workshop, notebook, repo):
    hook = ".s2i/action_hooks/post_build"
    source = repo({hook: "#!/bin/bash\necho no such fonts >&2\nexit 3\n"}, executable=(hook,))
    assert after("no such fonts", workshop.failing_build(source, notebook)) == (
        "no such fonts\n\n"
        "ERROR: Running your .s2i/action_hooks/post_build failed, see above.\n"
        "This script is part of your repository; it ran in /opt/app-root/src.\n"
    )


SERVE = """
/opt/app-root/builder/run > /tmp/log 2>&1 & server=$!
for _ in {1..200}; do curl -sf 127.0.0.1:8080/api > /dev/null && break; sleep 0.3; done
contents() { curl -s -o /dev/null -w '%{http_code}\\n' "$@"; }
"""
TOKEN = """
token=$(grep -o -m1 'token=[0-9a-f]*' /tmp/log)
contents 127.0.0.1:8080/api/contents
contents "127.0.0.1:8080/api/contents?$token"
"""
PASSWORD = """
grep -c 'token=' /tmp/log
log_in() {
    curl -s -o /dev/null -c /tmp/cookies 127.0.0.1:8080/login
    xsrf=$(grep -o '_xsrf.*' /tmp/cookies | cut -f2)
    curl -s -o /dev/null -b /tmp/cookies -c /tmp/cookies -d "_xsrf=$xsrf&password=$1" 127.0.0.1:8080/login
    contents -b /tmp/cookies 127.0.0.1:8080/api/contents
}
contents 127.0.0.1:8080/api/contents
log_in guessed
log_in open-sesame
tr '\\0' '\\n' < /proc/$server/cmdline | grep -c sesame
true
"""


def test_on_its_own_without_a_password_a_token_is_printed_and_needed(workshop, notebook):
    assert workshop.run(notebook, SERVE + TOKEN, own_network=True).splitlines() == ["403", "200"]


def test_on_its_own_with_a_password_no_other_login_works(workshop, notebook):
    password = {"JUPYTER_NOTEBOOK_PASSWORD": "open-sesame"}
    printed = workshop.run(notebook, SERVE + PASSWORD, own_network=True, **password).splitlines()
    assert printed == ["0", "403", "403", "200", "0"]  # tokens, anybody, a guess, the password, in arguments


TYPE = """
python - <<'PYTHON'
import json, asyncio, os, re, urllib.request
from tornado.websocket import websocket_connect
token = re.search("token=([0-9a-f]*)", open("/tmp/log").read())[1]
request = urllib.request.Request(f"http://127.0.0.1:8080/api/terminals?token={token}", method="POST")
name = json.load(urllib.request.urlopen(request))["name"]
async def read():
    page = await websocket_connect(f"ws://127.0.0.1:8080/terminals/websocket/{name}?token={token}")
    shown = ""
    while "stops." not in shown:
        kind, *text = json.loads(await page.read_message())
        shown += text[0] if kind == "stdout" else ""
    print(shown.splitlines()[0])
asyncio.run(read())
PYTHON
"""


def test_a_terminal_without_a_volume_says_that_files_are_deleted(workshop, notebook):
    printed = workshop.run(notebook, SERVE + TYPE, own_network=True)
    assert printed == "This server has no volume: files and packages are deleted when it stops.\n"


def test_pip_install_user_works_and_does_not_replace_the_servers_packages(workshop, notebook):
    """One wheel is of a package that the image lacks, one of a package that it contains."""
    script = """
    wheel() {
        python - "$1" <<'PYTHON'
import sys, zipfile
name = sys.argv[1]
with zipfile.ZipFile(f"/tmp/{name}-99-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"{name}.py", "")
    wheel.writestr(f"{name}-99.dist-info/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 99\\n")
    wheel.writestr(f"{name}-99.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
    wheel.writestr(f"{name}-99.dist-info/RECORD", "")
PYTHON
        pip install --quiet --user --no-index "/tmp/$1-99-py3-none-any.whl"
    }
    wheel mine
    wheel tornado || true
    python -c 'import mine, tornado; print(mine.__file__); print(tornado.__file__)'
    PYTHONNOUSERSITE=1 python -c 'import mine' 2>&1 | tail -1
    """
    own, servers, without = workshop.run(notebook, script).splitlines()[-3:]
    assert own.startswith("/opt/app-root/src/.local/lib/python3.")
    assert servers.startswith("/opt/app-root/lib/python3.")
    assert without == "ModuleNotFoundError: No module named 'mine'"


PULL = """
git init -q -b main /tmp/course && cd /tmp/course && echo lesson > lesson.txt && git add .
git -c user.name=me -c user.email=me@example.com commit -qm first
token=$(grep -o -m1 'token=[0-9a-f]*' /tmp/log)
curl -s "127.0.0.1:8080/git-pull/api?repo=/tmp/course&branch=main&$token" | grep -o '"phase": "finished"'
cat ~/course/lesson.txt
"""


def test_a_link_to_a_git_repository_brings_its_files(workshop, notebook):
    printed = workshop.run(notebook, SERVE + PULL, own_network=True).splitlines()
    assert printed == ['"phase": "finished"', "lesson"]


def test_an_incremental_build_takes_the_last_ones_packages(workshop, notebook, repo):
    source = repo({"requirements.txt": "cowsay\n"})
    image, _ = workshop.build(source, notebook)
    again, log = workshop.build(source, notebook, incremental_from=image)
    assert "+ cowsay" in log
    assert workshop.run(again, "python -m cowsay -t hi | grep -o hi") == "hi\n"
    assert {path for path in paths(again) if path.startswith("tmp/")} == {
        path for path in paths(image) if path.startswith("tmp/")
    }
