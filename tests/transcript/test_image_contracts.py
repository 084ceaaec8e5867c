"""Images of others start through the hub: files stay, packages install, terminals work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.containers.image_store import Image
from sandbox.containers.images import Images
from tests.transcript import image_layouts
from tests.transcript.hub_pages import log_in_with_openshift
from tests.transcript.jupyterlab import MINUTE, new_notebook, run_cell
from tests.transcript.project import Project

NAME = "contracts"
# With a volume the image is read-only but for home and /tmp; the server `plain` has neither.
CONFIG = """
c.KubeSpawner.container_security_context = {"readOnlyRootFilesystem": True}
c.KubeSpawner.volumes = [{"name": "tmp", "emptyDir": {}}]
c.KubeSpawner.volume_mounts = [{"name": "tmp", "mountPath": "/tmp"}]
def without_volume(spawner):
    if spawner.name == "plain":
        spawner.home_volume = spawner.storage_pvc_ensure = False
        spawner.container_security_context, spawner.volumes, spawner.volume_mounts = {}, [], []
c.Spawner.pre_spawn_hook = without_volume
"""
LAYOUTS: dict[str, Callable[[Images, Image], Image]] = {
    "docker-stacks": image_layouts.docker_stacks,
    "team": image_layouts.singleuser,
    "workbench": image_layouts.workbench,
}
# A package that needs no registry: `pip install` takes it from this file.
WHEEL = """
import zipfile
file = "/tmp/kept-1.0-py3-none-any.whl"
with zipfile.ZipFile(file, "w") as wheel:
    folder = "kept-1.0.dist-info"
    wheel.writestr("kept.py", "answer = 42")
    wheel.writestr(f"{folder}/METADATA", "Metadata-Version: 2.1\\nName: kept\\nVersion: 1.0\\n")
    wheel.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{folder}/RECORD", "")
!pip install --user --no-index --quiet {file} && python -c "import kept; print(kept.answer)"
"""
# The commands of docs/tutorials/users.md, without a registry.
ENVIRONMENT = """
import os, shutil, sys, sysconfig
from pathlib import Path
own = Path.home() / "physics"
!python -m venv --without-pip {own}
site = own / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
(site / "all.pth").write_text(f"import site; site.addsitedir('{sysconfig.get_path('purelib')}')")
shutil.copytree(f"{sys.prefix}/share/jupyter/kernels", own / "share/jupyter/kernels")
print("made")
"""
BREAK = """
from pathlib import Path
folder = Path.home() / ".jupyter"
folder.mkdir(exist_ok=True)
(folder / "jupyter_server_config.py").write_text("import sys; sys.exit(3)")
print("broken")
"""
WHERE = "import os, sys; print(os.getuid(), os.getgid(), sys.prefix, os.environ['HOME'], os.getcwd())"


@pytest.fixture(scope="module")
def hub(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a hub whose menu has the images."""
    assert project.images, "these layouts are in the store of the sandbox only"
    images = Images(project.images)
    built = images.get(project.get("imagestreamtag/minimal-notebook:3.12")["image"]["metadata"]["name"])
    assert built
    file = tmp_path_factory.mktemp("streams") / "stream.json"
    for name, make in LAYOUTS.items():
        reference = f"quay.io/example/{name}@{make(images, built).digest}"
        labels = {"hub.jupyter.org/notebook-image": "true", "test": NAME}
        stream = {
            "kind": "ImageStream",
            "apiVersion": "image.openshift.io/v1",
            "metadata": {"name": name, "labels": labels},
            "spec": {"tags": [{"name": "1", "from": {"kind": "DockerImage", "name": reference}}]},
        }
        file.write_text(json.dumps(stream))
        project.kubectl("create", "-f", str(file))
    project.new_app(
        "jupyterhub-workspace", APPLICATION_NAME=NAME, NAMED_SERVERS="1", JUPYTERHUB_CONFIG=CONFIG
    )
    yield project.url(NAME)
    project.oc("delete", "imagestreams", "--selector", f"test={NAME}")
    project.oc("delete", "all,pvc,sa,roles,rolebindings", "--selector", f"app={NAME}")


@pytest.fixture(scope="module")
def page(hub: str, chromium: Browser) -> Iterator[Page]:
    """The page of carol, who has logged in."""
    context = chromium.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    log_in_with_openshift(page, hub, "carol")
    yield page
    context.close()


def start(page: Page, hub: str, image: str, server: str = "", packages: str = "with") -> None:
    """Stop the server if it runs, choose an image and press the button."""
    page.goto(f"{hub}hub/home", timeout=MINUTE, wait_until="networkidle")
    stop = page.locator(f"#stop-{server}" if server else "#stop")
    if stop.is_visible():
        stop.click()
        expect(stop).to_be_hidden(timeout=MINUTE)
    page.goto(f"{hub}hub/spawn/carol/{server}".rstrip("/"), timeout=MINUTE)
    page.locator(f'label[for="profile-item-{image}"]').click(timeout=MINUTE)
    page.locator(f'select[name="profile-option-{image}--packages"]').select_option(packages)
    page.get_by_role("button", name="Start").click()


def open_lab(page: Page, hub: str, image: str, server: str = "", packages: str = "with") -> None:
    """Start the server and open a new notebook; the ones that were open before stay closed."""
    start(page, hub, image, server, packages)
    expect(page.locator("#jp-main-dock-panel")).to_be_visible(timeout=2 * MINUTE)
    page.goto(f"{page.url.split('/lab')[0]}/lab?reset")
    new_notebook(page)


def in_terminal(page: Page, command: str) -> str:
    """Run a command in a terminal of the user's, as JupyterLab does; return what the terminal shows."""
    shown: str = page.evaluate(
        r"""async (command) => {
            const base = document.location.pathname.split("/lab")[0];
            // The browser lists the cookie of the longest path first: that of this server.
            const xsrf = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)[1];
            const made = await fetch(`${base}/api/terminals?_xsrf=${xsrf}`, {method: "POST"});
            const {name, message} = await made.json();
            if (!name) throw new Error(message);
            const socket = new WebSocket(`wss://${location.host}${base}/terminals/websocket/${name}`);
            return await new Promise((resolve, reject) => {
                let text = "";
                socket.onclose = () => reject(new Error(`the terminal ended: ${text}`));
                setTimeout(socket.onclose, 30_000);
                socket.onmessage = ({data}) => {
                    const [kind, ...content] = JSON.parse(data);
                    const line = `${command}; echo END$((1))\r`;
                    if (kind == "setup") socket.send(JSON.stringify(["stdin", line]));
                    if (kind == "stdout") text += content.join("");
                    if (text.includes("END1")) resolve(text);
                };
            });
        }""",
        command,
    )
    return shown


@pytest.mark.parametrize(
    ("image", "prefix", "home"),
    [("docker-stacks:1", "/opt/conda", "/home/jovyan"), ("team:1", "/opt/team", "/home/app")],
)
@pytest.mark.parametrize("server", ["", "plain"], ids=["with a volume", "without a volume"])
def test_an_image_of_another_layout_starts(
    project: Project, page: Page, hub: str, image: str, prefix: str, home: str, server: str
) -> None:
    open_lab(page, hub, image, server)
    assert run_cell(page, WHERE) == f"{project.uid()} 0 {prefix} {home} {home}"
    assert run_cell(page, "print(open('README.md').read())").startswith("of the ")
    assert run_cell(page, f"with open('{image[:4]}.txt', 'w') as f: f.write('mine')\n{WHEEL}") == "42"
    terminal = in_terminal(page, "id -un; echo $HOME")
    assert str(project.uid()) in terminal
    assert home in terminal


def test_files_and_packages_of_each_image_are_in_the_other_one(page: Page, hub: str) -> None:
    open_lab(page, hub, "minimal-notebook:3.12")
    assert run_cell(page, WHERE).endswith("/opt/app-root /opt/app-root/src /opt/app-root/src")
    expected = (
        "['README.md', 'dock.txt', 'team.txt', 'work']"  # without the secret, which nobody else may read
    )
    found = run_cell(page, "import os, kept; print(sorted(f for f in os.listdir() if f[0] not in '.U'))")
    assert (found, run_cell(page, "print(open('README.md').read())")) == (expected, "of the image")


def test_an_environment_of_the_users_own_is_in_the_launcher_after_a_restart(page: Page, hub: str) -> None:
    open_lab(page, hub, "minimal-notebook:3.12")
    assert run_cell(page, ENVIRONMENT) == "made"
    start(page, hub, "minimal-notebook:3.12")
    card = page.locator('.jp-LauncherCard[data-category="Notebook"]', has_text="(physics)")
    expect(page.locator("#jp-main-dock-panel")).to_be_visible(timeout=2 * MINUTE)
    page.goto(f"{page.url.split('/lab')[0]}/lab?reset")
    card.click(timeout=MINUTE)
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=MINUTE)
    assert run_cell(page, "import sys; print(sys.prefix)") == "/opt/app-root/src/physics"


def test_a_server_starts_without_what_its_user_has_broken(page: Page, hub: str) -> None:
    """A user's configuration with a fault ends Jupyter Server at once."""
    open_lab(page, hub, "minimal-notebook:3.12")
    assert run_cell(page, BREAK) == "broken"
    start(page, hub, "minimal-notebook:3.12")
    expect(page.get_by_text("before your server was ready").first).to_be_visible(timeout=2 * MINUTE)
    open_lab(page, hub, "minimal-notebook:3.12", packages="without")
    assert run_cell(page, "import os; print(os.path.exists('dock.txt'))") == "True"
    assert run_cell(page, "import kept").endswith("No module named 'kept'")
    assert run_cell(page, "os.remove('.jupyter/jupyter_server_config.py'); print('repaired')") == "repaired"
    open_lab(page, hub, "minimal-notebook:3.12")


def test_a_workbench_without_jupyterhub_is_refused_with_the_command_that_adds_it(
    page: Page, hub: str
) -> None:
    start(page, hub, "workbench:1")
    sentence = "oc new-build --name workbench-jupyterhub --dockerfile $'FROM workbench:1"
    expect(page.get_by_text(sentence).first).to_be_visible(timeout=MINUTE)
