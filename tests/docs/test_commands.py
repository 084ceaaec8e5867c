"""Run the commands of the documentation in a sandbox: the objects and the API are real, no pod starts.

| command | run by |
|---|---|
| `oc new-app`, `oc policy`, `oc rollout` | the real `oc`, otherwise the sandbox's own command line |
| what `oc` and `kubectl` have in common | the real `oc`, otherwise the real `kubectl` |
| what only `oc` has | the real `oc`; skipped where it is not on the PATH |
| a block after `<!-- run by: FILE -->` | the test in FILE |
| a block after `<!-- not run: REASON -->` | nothing |
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.docs.pages import CHECKOUT, PAGES, Command, blocks
from tests.openshift.rendered import ITEMS, Obj
from tests.sandbox.command import KUBECTL, Sandbox
from tests.transcript.readme import sections

pytestmark = pytest.mark.sandbox

OC = shutil.which("oc")
IN_COMMON = {"annotate", "apply", "create", "delete", "describe", "get", "label", "patch"}
IN_SANDBOX = {"new-app", "policy", "rollout"}
ALL = "all,pvc,secrets,configmaps,networkpolicies,poddisruptionbudgets,serviceaccounts,roles,rolebindings"
RUN = {
    page: [command for block in blocks(text) if not block.mark for command in block.commands]
    for page, text in PAGES.items()
}
README = [words for commands in sections().values() for words in commands]


def needs_oc(command: Command) -> bool:
    """Whether only a real `oc` runs the command."""
    program, verb, *_ = command.words
    return program == "oc" and verb not in IN_COMMON | IN_SANDBOX


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with image streams, build configs and templates, in which nothing is imported or built."""
    folder = tmp_path_factory.mktemp("docs")
    sandbox = Sandbox(folder / "state")
    sandbox.start()
    for item in ITEMS:
        spec = {"BuildConfig": {"triggers": []}, "ImageStream": {"tags": []}}.get(item["kind"])
        sandbox.create(folder, item | {"spec": item["spec"] | spec} if spec else item)
    r_notebook: Obj = {"kind": "ImageStream", "apiVersion": "image.openshift.io/v1", "metadata": {}}
    sandbox.create(folder, r_notebook | {"metadata": {"name": "r-notebook"}})  # of configuration.md
    sandbox.run("create", "serviceaccount", "jupyterhub")
    yield sandbox
    sandbox.stop()


@pytest.mark.parametrize("page", [page for page, commands in RUN.items() if commands])
def test_the_commands_of_a_page_succeed(sandbox: Sandbox, page: str) -> None:
    deploy_hubs_of(page, sandbox)
    left_out = []
    for command in RUN[page]:
        if OC or not needs_oc(command):
            run(sandbox, command)
        else:
            left_out.append(" ".join(command.words[:3]))
    if left_out:
        pytest.skip(f"oc is not on the PATH; all ran but for {'; '.join(left_out)}")


def deploy_hubs_of(page: str, sandbox: Sandbox) -> None:
    """Deploy the hubs that a page assumes, and delete those that it deploys itself."""
    commands = [command.words for command in RUN[page]]
    deployed = {words[3] for words in commands if words[:3] == ("oc", "new-app", "--template")}
    if any("-k" in words for words in commands):
        deployed.add("jupyterhub-workspace")  # the kustomization is of this template
    rolls_out = any(words[1] == "rollout" for words in commands)  # refused while one is in progress
    existing = sandbox.names("routes")
    for template in ("jupyterhub", "jupyterhub-workspace"):
        exists = any(name.endswith(f"/{template}") for name in existing)
        if exists and (template in deployed or rolls_out):
            sandbox.kubectl("delete", ALL, "--selector", f"app={template}")
        if template not in deployed and (rolls_out or not exists):
            sandbox.run("new-app", "--template", template)


def run(sandbox: Sandbox, command: Command) -> None:
    """Run a command as the table above says."""
    program, *words = command.words
    if program == "make":
        subprocess.run(["make", "--dry-run", *words], cwd=CHECKOUT, check=True, capture_output=True)
        return
    assert program == "oc", f"nothing here runs {' '.join(command.words)}"
    if OC is None and words[0] in IN_SANDBOX:
        sandbox.run(*words)
        return
    ran = subprocess.run(
        [OC or KUBECTL, f"--kubeconfig={sandbox.state / 'kubeconfig'}", *words],
        input=command.stdin,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, f"{' '.join(command.words)}\n{ran.stdout}{ran.stderr}"
    if words[:2] == ["rollout", "restart"]:
        time.sleep(1)  # a second restart within the same second would be refused


@pytest.mark.parametrize("page", PAGES)
def test_every_block_that_is_not_run_here_names_its_test_or_the_reason(page: str) -> None:
    for block in blocks(PAGES[page]):
        kind, _, rest = block.mark.partition(": ")
        assert kind in ("", "run by", "not run")
        if kind == "run by":
            text = (CHECKOUT / rest).read_text()
            for command in block.commands:
                of_readme = list(command.words) in README
                named = f"docs/{page}" in text or (len(command.words) > 3 and command.words[3] in text)
                assert of_readme or named, f"{rest} does not run {' '.join(command.words)}"
