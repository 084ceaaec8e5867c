"""The template `jupyterhub-workspace`: OpenShift's login, a menu of images, volumes, limits of groups.

These tests do not run on a cluster, as they need users and groups, which a project admin cannot create.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sandbox.apimachinery.json_types import Obj
from tests.conftest import STATE
from tests.transcript.hub_pages import log_in_with_openshift
from tests.transcript.jupyterlab import MINUTE, new_notebook, run_cell, user_of
from tests.transcript.object_store import object_store
from tests.transcript.project import Project
from tests.waiting import eventually

NOTEBOOKS = "app=workspace,component=singleuser-server"
TEAM = "team"
CONFIG = """
c.Authenticator.auth_refresh_age = 2
c.OpenShiftSpawner.sizes = {"Small": {"memory": "1Gi"}, "Large": {"memory": "2Gi", "cpu": 2}}
c.OpenShiftSpawner.group_limits = {"students": {"sizes": ["Small"], "servers": 1}}
"""


def image_stream(name: str, tag: str, title: str) -> Obj:
    """Another name for the minimal notebook."""
    return {
        "kind": "ImageStream",
        "apiVersion": "image.openshift.io/v1",
        "metadata": {
            "name": name,
            "labels": {"hub.jupyter.org/notebook-image": "true", "test": "workspace"},
            "annotations": {"openshift.io/display-name": title, "description": f"For {title.lower()}."},
        },
        "spec": {
            "lookupPolicy": {"local": True},
            "tags": [{"name": tag, "from": {"kind": "ImageStreamTag", "name": "minimal-notebook:3.12"}}],
        },
    }


@pytest.fixture(scope="module")
def create(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    """`oc create -f`, as the project's admin or the cluster's."""
    file = tmp_path_factory.mktemp("objects") / "object.json"
    admin = ["--kubeconfig", str(STATE / "admin.kubeconfig")]

    def create(obj: Obj, *, as_cluster_admin: bool = False) -> None:
        file.write_text(json.dumps(obj))
        project.kubectl(*(admin if as_cluster_admin else []), "create", "-f", str(file))

    return create


@pytest.fixture(scope="module")
def workspace(project: Project, create: Callable[..., None]) -> Iterator[str]:
    """The instance, with three images; bob is among the students, and in a team with carol."""
    create(image_stream("data-notebook", "2026", "Data science"))
    create(image_stream("teaching-notebook", "1", "Teaching"))
    group = {"kind": "Group", "apiVersion": "user.openshift.io/v1", "metadata": {"name": "students"}}
    create({**group, "users": ["bob"]}, as_cluster_admin=True)
    create({**group, "metadata": {"name": TEAM}, "users": ["bob", "carol"]}, as_cluster_admin=True)
    said = project.new_app(
        "jupyterhub-workspace",
        APPLICATION_NAME="workspace",
        NAMED_SERVERS="1",
        TITLE="Physics",
        JUPYTERHUB_CONFIG=CONFIG,
    )
    yield "workspace"
    project.oc("delete", "imagestreams", "--selector", "test=workspace")
    (delete,) = re.findall(r"Delete it with the users' volumes: +oc (.+)", said)
    project.oc(*delete.split())
    kinds = "all,pvc,secrets,configmaps,networkpolicies,poddisruptionbudgets,sa,roles,rolebindings"
    eventually("nothing is left", lambda: project.get(kinds, "--selector", "app=workspace") == [])


@pytest.fixture(scope="module")
def material(project: Project, create: Callable[..., None], workspace: str) -> Iterator[None]:
    """Shared volumes, one with an S3 client, and connections to an S3 server.

    All are for groups: the other hubs of the project, which other tests use, do not get them.
    """
    create(shared_volume("course", TEAM))
    create(shared_volume("material", TEAM, **{"hub.jupyter.org/read-only": "true"}))
    create(shared_volume("exams", "staff"))
    folder = STATE / "claims" / project.get("pvc/material")["metadata"]["uid"]
    for package in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3"):
        (found,) = import_module(package).__path__
        shutil.copytree(found, folder / package, ignore=only_s3, copy_function=shutil.copy)
    shutil.copy(str(import_module("six").__file__), folder)
    with object_store("measured: 42") as keys:
        create(connection("measurements", TEAM, keys, **{"openshift.io/display-name": "Measurements"}))
        create(connection("grades", "staff", keys))
        own = {"metadata": {"name": "workspace-user-bob"}, "stringData": {"GREETING": "hello bob"}}
        create({"kind": "Secret", "apiVersion": "v1", **own})
        yield
    project.kubectl("delete", "pvc,secrets", "--selector", "test=workspace", "--wait=false")
    project.oc("delete", "secret", "workspace-user-bob")


def shared_volume(name: str, group: str, **annotations: str) -> Obj:
    """A claim that the servers of a group mount."""
    annotations["hub.jupyter.org/groups"] = group
    labels = {"hub.jupyter.org/shared-volume": "true", "test": "workspace"}
    return {
        "kind": "PersistentVolumeClaim",
        "apiVersion": "v1",
        "metadata": {"name": name, "labels": labels, "annotations": annotations},
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}},
    }


def connection(name: str, group: str, keys: dict[str, str], **annotations: str) -> Obj:
    """A secret that the spawn page offers a group."""
    annotations["hub.jupyter.org/groups"] = group
    labels = {"hub.jupyter.org/connection": "true", "test": "workspace"}
    metadata = {"name": name, "labels": labels, "annotations": annotations}
    return {"kind": "Secret", "apiVersion": "v1", "metadata": metadata, "stringData": keys}


def only_s3(folder: str, names: list[str]) -> set[str]:
    """What of botocore an S3 client does not need: 400 other services."""
    if Path(folder).name != "data":
        return {"__pycache__"} & {*names}
    return {name for name in names if (Path(folder) / name).is_dir() and name != "s3"}


@pytest.fixture(scope="module")
def person(project: Project, workspace: str, chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """Log someone in, in a browser of their own: `person("bob")` is a page at the hub."""
    contexts: list[BrowserContext] = []

    def log_in(name: str) -> Page:
        context = chromium.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900})
        contexts.append(context)
        page = context.new_page()
        log_in_with_openshift(page, project.url(workspace), name)
        return page

    yield log_in
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def bob(person: Callable[[str], Page]) -> Page:
    """A viewer of the project."""
    return person("bob")


@pytest.fixture(scope="module")
def carol(person: Callable[[str], Page]) -> Page:
    """An admin of the project."""
    return person("carol")


def spawn_page(page: Page, project: Project, server: str) -> None:
    """Where a server's image and size are chosen: of `bob`, or of `bob/second`."""
    page.goto(f"{project.url('workspace')}hub/spawn/{server}", timeout=MINUTE)
    expect(page.get_by_role("button", name="Start")).to_be_visible(timeout=MINUTE)


def start(page: Page, image: str, size: str = "") -> None:
    """Choose, and wait for JupyterLab."""
    page.locator(f'label[for="profile-item-{image}"]').click()  # it covers the whole card
    if size:
        page.locator(f'select[name="profile-option-{image}--size"]').select_option(size)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#jp-main-dock-panel")).to_be_visible(timeout=2 * MINUTE)


def home(page: Page, project: Project) -> None:
    """The home page, when its buttons work: their scripts come last."""
    page.goto(f"{project.url('workspace')}hub/home", timeout=MINUTE, wait_until="networkidle")


def stop(page: Page, project: Project) -> None:
    """Stop the default server from the home page."""
    home(page, project)
    page.locator("#stop").click()
    expect(page.locator("#stop")).to_be_hidden(timeout=MINUTE)


def choices(page: Page) -> list[str]:
    return [str(each.get_attribute("value")) for each in page.locator('input[name="profile"]').all()]


def pod_of(project: Project, name: str) -> Obj:
    pod: Obj = project.get(f"pod/workspace-nb-{name}")
    return pod


def test_a_viewer_chooses_among_the_projects_images_and_gets_the_chosen_one(
    project: Project, bob: Page
) -> None:
    spawn_page(bob, project, "bob")
    ours = ["minimal-notebook:3.12", "data-notebook:2026", "teaching-notebook:1"]
    assert [each for each in choices(bob) if each in ours] == ours  # beside them, what other tests build
    expect(bob.get_by_text("For data science.")).to_be_visible()
    start(bob, "data-notebook:2026")
    assert user_of(bob) == "bob"
    pod = pod_of(project, "bob")
    assert pod["metadata"]["annotations"]["hub.jupyter.org/username"] == "bob"
    assert pod["spec"]["containers"][0]["resources"]["limits"]["memory"] == str(1024**3)
    new_notebook(bob)
    assert run_cell(bob, "open('kept.txt', 'w').write('kept'); print('written')") == "written"


def test_a_new_image_shows_without_a_restart_and_the_last_choice_is_remembered(
    project: Project, bob: Page, create: Callable[..., None]
) -> None:
    stop(bob, project)
    create(image_stream("new-notebook", "1", "Newest"))
    eventually("it is imported", lambda: project.get("imagestream/new-notebook")["status"].get("tags"))
    spawn_page(bob, project, "bob")
    assert "new-notebook:1" in choices(bob)
    assert bob.locator('input[name="profile"]:checked').get_attribute("value") == "data-notebook:2026"


def test_a_volume_keeps_the_files_over_stop_and_start_and_over_a_change_of_image(
    project: Project, bob: Page, material: None
) -> None:
    spawn_page(bob, project, "bob")
    expect(bob.get_by_role("checkbox")).to_have_count(1)
    bob.get_by_role("checkbox", name="Measurements").check()
    start(bob, "teaching-notebook:1")
    expect(bob.get_by_role("listitem", name="kept.txt")).to_be_visible(timeout=MINUTE)
    claim = project.get("pvc/workspace-nb-bob")
    assert claim["metadata"]["labels"]["app"] == "workspace"
    statuses = pod_of(project, "bob")["status"]["initContainerStatuses"]
    assert [(each["name"], each["state"]["terminated"]["exitCode"]) for each in statuses] == [
        ("setup-volume", 0)
    ]


def test_a_shared_folder_is_written_to_and_read_only_material_is_not(project: Project, bob: Page) -> None:
    bob.goto(f"{project.url('workspace')}user/bob/lab/workspaces/shared", timeout=MINUTE)  # with a launcher
    new_notebook(bob)
    assert run_cell(bob, "import os; print(sorted(os.listdir('shared')))") == "['course', 'material']"
    assert run_cell(bob, "open('shared/course/hello.txt', 'w').write('hello'); print('written')") == "written"
    code = "try:\n    open('shared/material/x', 'w')\nexcept OSError as error:\n    print(error.strerror)"
    assert run_cell(bob, code) == "Read-only file system"
    assert run_cell(bob, "print(os.stat('shared').st_uid == os.getuid())") == "True"


def test_a_chosen_connection_reaches_the_object_store(project: Project, bob: Page) -> None:
    get = "print(boto3.client('s3', endpoint_url=os.environ['AWS_S3_ENDPOINT']).get_object("
    get += "Bucket=os.environ['AWS_S3_BUCKET'], Key='data.txt')['Body'].read().decode())"
    code = f"import sys; sys.path.insert(0, 'shared/material'); import boto3\n{get}"
    assert run_cell(bob, code) == "measured: 42"
    assert run_cell(bob, "print(os.environ['GREETING'])") == "hello bob"


def test_no_value_of_a_connection_is_in_the_pod_the_log_or_the_database(project: Project, bob: Page) -> None:
    key = project.secret("measurements")["AWS_SECRET_ACCESS_KEY"]
    pod = pod_of(project, "bob")
    assert pod["spec"]["containers"][0]["envFrom"] == [
        {"secretRef": {"name": "measurements"}},
        {"secretRef": {"name": "workspace-user-bob", "optional": True}},
    ]
    log = project.oc("logs", "deployment/workspace")
    options = project.query("workspace", "select user_options from spawners")
    assert [key in text for text in (json.dumps(pod), log, str(options))] == [False, False, False]


def test_a_group_is_offered_its_sizes_only_and_waits_in_the_queue_with_a_server_too_many(
    project: Project, bob: Page
) -> None:
    spawn_page(bob, project, "bob/second")
    assert "Large" not in bob.content()
    bob.get_by_role("button", name="Start").click()
    sentence = (
        'The group "students" may run 1 server at the same time; 1 is running. You are next in the queue.'
    )
    expect(bob.get_by_text(sentence).first).to_be_visible(timeout=MINUTE)
    bob.get_by_role("button", name="Stop server").click()
    expect(bob.get_by_role("heading", name="Your server", exact=True)).to_be_visible(timeout=MINUTE)
    names = [pod["metadata"]["name"] for pod in project.get("pods", "--selector", NOTEBOOKS)]
    assert names == ["workspace-nb-bob"]


def test_an_admin_of_the_project_sees_the_admin_page_with_the_others_servers(
    project: Project, carol: Page
) -> None:
    carol.goto(f"{project.url('workspace')}hub/admin", timeout=MINUTE)
    row = carol.get_by_role("row").filter(has_text="bob").first
    expect(row).to_be_visible(timeout=MINUTE)
    expect(row.get_by_role("button", name="Stop Server")).to_be_visible()


def test_a_user_may_have_a_server_with_a_name_beside_the_first_and_no_more_than_allowed(
    project: Project, carol: Page
) -> None:
    spawn_page(carol, project, "carol/analysis")
    start(carol, "minimal-notebook:3.12", "large")
    pods = project.get("pods", "--selector", NOTEBOOKS)
    (pod,) = [pod for pod in pods if pod["metadata"]["name"] == "workspace-nb-carol--analysis"]
    assert pod["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "2", "memory": str(2 * 1024**3)}
    new_notebook(carol)
    code = "import os; print(open('shared/course/hello.txt').read(), 'AWS_S3_BUCKET' in os.environ)"
    assert run_cell(carol, code) == "hello False"
    carol.goto(f"{project.url('workspace')}hub/spawn/carol/another", timeout=MINUTE)
    expect(carol.get_by_text("already has the maximum of 1 named servers").first).to_be_visible(
        timeout=MINUTE
    )


def test_people_without_access_are_told_which_project_it_is_and_whom_to_ask(
    project: Project, person: Callable[[str], Page]
) -> None:
    page = person("alice")
    sentence = (
        f'You are logged in to OpenShift as "alice", who has no access to the project {project.name()}. '
        "Only people with access to the project may use this hub. "
        "Ask an administrator of the project to run: "
    )
    expect(page.get_by_text(sentence)).to_be_visible(timeout=MINUTE)


def test_a_rotated_token_does_not_break_the_login(project: Project, person: Callable[[str], Page]) -> None:
    (hub,) = project.get("pods", "--selector", "app=workspace,component=hub")
    (token,) = (STATE / "pods" / hub["metadata"]["uid"]).glob("volumes/kube-api-access-*/token")
    write(token, "expired")
    expect(person("carol").get_by_text("OpenShift did not accept this login")).to_be_visible(timeout=MINUTE)
    write(token, project.kubectl("create", "token", "workspace-hub").strip())
    expect(person("carol").get_by_role("link", name="Start my server")).to_be_visible(timeout=MINUTE)


def write(file: Path, text: str) -> None:
    """In place, as the kubelet does."""
    with file.open("w") as writing:
        writing.write(text)


def test_the_hub_uses_the_rights_of_its_role_and_no_others(project: Project, carol: Page) -> None:
    home(carol, project)
    carol.locator("#stop-analysis").click()
    expect(carol.locator("#start-analysis")).to_be_visible(timeout=MINUTE)
    account = f"system:serviceaccount:{project.name()}:workspace-hub"
    events = [json.loads(line) for line in (STATE / "log/audit.log").read_text().splitlines()]
    used = {
        (event["objectRef"].get("apiGroup", ""), event["objectRef"]["resource"], event["verb"])
        for event in events
        if event["user"]["username"] == account
        and event["annotations"]["authorization.k8s.io/decision"] == "allow"
        and event["objectRef"].get("namespace")
    }
    granted = {
        (group, resource, verb)
        for rule in project.get("role/workspace-hub")["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    when_a_start_fails = {("", "persistentvolumeclaims", "get"), ("", "pods/log", "get")}
    when_the_size_is_raised = {("", "persistentvolumeclaims", "patch")}
    to_set_an_owner = {(group, resource, "delete") for group, resource, verb in used if verb == "patch"}
    assert used | when_a_start_fails | when_the_size_is_raised | to_set_an_owner == granted


@pytest.mark.parametrize("account", ["workspace-hub", "jupyterhub"])  # with the Role, and with `edit`
@pytest.mark.parametrize("resource", ["persistentvolumeclaims", "secrets"])
def test_the_hubs_account_may_list_what_is_labelled(
    project: Project, workspace: str, account: str, resource: str
) -> None:
    who = f"system:serviceaccount:{project.name()}:{account}"
    assert project.kubectl("auth", "can-i", "list", resource, "--as", who) == "yes\n"


def test_a_viewer_whose_binding_is_removed_is_out_and_the_server_stopped(project: Project, bob: Page) -> None:
    binding = project.get("rolebinding/bob-view")
    project.oc("delete", "rolebinding", "bob-view")

    def is_out() -> bool:
        bob.goto(f"{project.url('workspace')}hub/home", timeout=MINUTE)
        return bob.get_by_role("button", name="Log in with OpenShift").is_visible()

    eventually("bob must log in again", is_out)
    eventually(
        "his server is stopped",
        lambda: "workspace-nb-bob" not in str(project.get("pods", "--selector", NOTEBOOKS)),
    )
    assert project.get("pvc/workspace-nb-bob")["status"]["phase"] == "Bound"
    assert binding["roleRef"]["name"] == "view"
