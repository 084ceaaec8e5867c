"""The commands that stand for `oc`'s, against a running sandbox: what they print, and how they fail."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sandbox.paths import COMMAND
from tests.sandbox.command import PYTHON, Sandbox, deployment, deployment_config, eventually, image_stream

PROJECT = "jupyterhub-sandbox"


def config_map(name: str, app: str = "any") -> dict:
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "labels": {"app": app}}}


def test_create_names_created_and_existing_objects(sandbox: Sandbox, tmp_path: Path):
    one, two = config_map("made-1"), config_map("made-2")
    assert sandbox.create(tmp_path, one) == "configmap/made-1 created\n"
    file = tmp_path / "both.json"
    file.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": [one, two]}))
    done = sandbox.done("create", "-f", str(file))
    assert (done.returncode, done.stdout) == (1, "configmap/made-2 created\n")
    exists = f'error when creating "{file}": configmaps "made-1" already exists'
    assert done.stderr == f"Error from server (AlreadyExists): {exists}\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, 'the path "{file}" does not exist'),
        (
            "kind: Pod",
            "error parsing {file}: Expecting value: line 1 column 1 (char 0) "
            "(the sandbox reads JSON, not YAML)",
        ),
        (
            '{"kind": "Template", "apiVersion": "v1", "metadata": {"name": "t"}}',
            'unable to recognize "{file}" (t): resource mapping not found: no matches for kind "Template" '
            'in version "v1"\nensure CRDs are installed first',
        ),
    ],
)
def test_create_says_what_is_wrong_with_a_file(
    sandbox: Sandbox, tmp_path: Path, content: str | None, message: str
):
    file = tmp_path / "objects.json"
    if content:
        file.write_text(content)
    assert sandbox.run("create", "-f", str(file), code=1) == f"error: {message.format(file=file)}\n"


def test_another_checkout_stands_for_the_address_of_its_own_repository(sandbox: Sandbox, tmp_path: Path):
    git = {"uri": "https://git.example/fork/hub.git"}
    config = {"kind": "BuildConfig", "spec": {"source": {"git": git}}}
    (tmp_path / "resources.json").write_text(json.dumps({"kind": "List", "items": [config]}))
    (tmp_path / "one.json").write_text(json.dumps(config_map("from-the-checkout")))
    address = "https://raw.git.example/fork/hub/master/one.json"
    created = sandbox.run("--checkout", str(tmp_path), "create", "-f", address)
    assert created == "configmap/from-the-checkout created\n"


def test_a_service_account_gets_a_role_once(sandbox: Sandbox):
    assert sandbox.run("create", "serviceaccount", "hub") == "serviceaccount/hub created\n"
    again = sandbox.run("create", "serviceaccount", "hub", code=1)
    assert again == 'error: failed to create serviceaccount: serviceaccounts "hub" already exists\n'
    for _ in range(2):
        added = sandbox.run("policy", "add-role-to-user", "edit", "-z", "hub")
        assert added == 'clusterrole.rbac.authorization.k8s.io/edit added: "hub"\n'
    bindings = [each for each in sandbox.get("rolebindings") if each["roleRef"]["name"] == "edit"]
    assert [(each["metadata"]["name"], each["subjects"]) for each in bindings] == [
        ("edit", [{"kind": "ServiceAccount", "name": "hub", "namespace": PROJECT}])
    ]


def test_a_role_for_a_service_account_that_is_not_there_is_given_with_a_warning(sandbox: Sandbox):
    done = sandbox.done("policy", "add-role-to-user", "view", "--serviceaccount", "nosuch")
    assert done.stderr == "Warning: ServiceAccount 'nosuch' not found\n"
    assert done.stdout == 'clusterrole.rbac.authorization.k8s.io/view added: "nosuch"\n'


@pytest.fixture(scope="module")
def template(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A template `app` with a parameter that is required and one that is generated."""
    objects = [
        {
            "kind": "Secret",
            "apiVersion": "v1",
            "metadata": {"name": "${NAME}", "labels": {"app": "${NAME}"}},
            "stringData": {"password": "${PASSWORD}"},
        },
        {
            "kind": "Route",
            "apiVersion": "route.openshift.io/v1",
            "metadata": {"name": "${NAME}", "labels": {"app": "${NAME}"}},
            "spec": {"to": {"kind": "Service", "name": "${NAME}"}, "tls": {"termination": "edge"}},
        },
    ]
    parameters = [
        {"name": "NAME", "displayName": "Name", "required": True},
        {"name": "PASSWORD", "generate": "expression", "from": "[a-z]{16}"},
    ]
    annotations = {"openshift.io/display-name": "An application", "description": "For a test."}
    made = {
        "kind": "Template",
        "apiVersion": "template.openshift.io/v1",
        "metadata": {"name": "app", "annotations": annotations},
        "message": "${NAME} is on its way.",
        "parameters": parameters,
        "objects": objects,
    }
    sandbox.create(tmp_path_factory.mktemp("template"), made)


@pytest.mark.usefixtures("template")
def test_new_app_prints_what_oc_prints_but_no_generated_secret(sandbox: Sandbox):
    printed = sandbox.run("new-app", "--template", "app", "--param", "NAME=first")
    assert (
        printed
        == f"""--> Deploying template "{PROJECT}/app" to project {PROJECT}

     An application
     ---------
     For a test.

     first is on its way.

     * With parameters:
        * Name=first
        * PASSWORD=(generated)

--> Creating resources ...
    secret "first" created
    route.route.openshift.io "first" created
--> Success
    Access your application via route 'first-{PROJECT}.apps.localhost'
    Run 'get all' to view your app.
"""
    )
    made = sandbox.get("secret/first")
    assert made["metadata"]["annotations"] == {"openshift.io/generated-by": "OpenShiftNewApp"}
    assert len(made["data"]["password"]) > 16


@pytest.mark.usefixtures("template")
def test_a_second_new_app_of_the_same_name_tries_every_object_and_fails(sandbox: Sandbox):
    sandbox.run("new-app", "app", "-p", "NAME=second")
    done = sandbox.done("new-app", "app", "-p", "NAME=second")
    assert done.returncode == 1
    assert done.stderr == (
        '    error: secrets "second" already exists\n'
        '    error: routes.route.openshift.io "second" already exists\n'
    )
    assert done.stdout.endswith("--> Creating resources ...\n--> Failed\n")


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nosuch"], 'no match for "nosuch"\n\nThe templates of this project are listed by: get templates'),
        (["app", "-p", "NAMEE=x"], 'unexpected parameter name "NAMEE"'),
        (["app", "-p", "NAME"], 'invalid parameter assignment in "app": "NAME"'),
        (
            ["app"],
            f'error processing template "{PROJECT}/app": Template.template.openshift.io "app" is invalid: '
            "template.parameters[0]: Required value: "
            "template.parameters[0]: parameter NAME is required and must be specified",
        ),
    ],
)
def test_new_app_says_what_is_wrong_with_its_parameters(sandbox: Sandbox, words: list[str], message: str):
    assert sandbox.run("new-app", *words, code=1) == f"error: {message}\n"


def test_get_prints_the_columns_that_kubectl_prints(sandbox: Sandbox, tmp_path: Path):
    sandbox.create(tmp_path, config_map("listed-1", "listed"), config_map("listed-2", "listed"))
    for words in (
        ["configmaps", "--selector", "app=listed"],
        ["configmap/listed-1"],
        ["cm", "listed-1", "-o", "wide"],
        ["cm,secrets", "-l", "app=listed"],
        ["cm", "-l", "app=listed", "-o", "name"],
    ):
        assert without_ages(sandbox.run("get", *words)) == without_ages(sandbox.kubectl("get", *words))


def without_ages(table: str) -> list[str]:
    return [re.sub(r"\b\d+s\b", "AGE", line).rstrip() for line in table.splitlines()]


NOT_FOUND = 'Error from server (NotFound): {} "nosuch" not found'
NODES = (
    'nodes is forbidden: User "developer" cannot list resource "nodes" in API group "" at the cluster scope'
)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("get pod nosuch", NOT_FOUND.format("pods")),
        ("get nonsense", 'error: the server doesn\'t have a resource type "nonsense"'),
        ("get nodes", f"Error from server (Forbidden): {NODES}"),
        ("logs nosuch", NOT_FOUND.format("pods")),
        ("logs bc/nosuch", NOT_FOUND.format("buildconfigs.build.openshift.io")),
        ("rollout status dc/nosuch", NOT_FOUND.format("deploymentconfigs.apps.openshift.io")),
        ("start-build nosuch", NOT_FOUND.format("buildconfigs.build.openshift.io")),
        ("delete pods", "error: resource(s) were provided, but no name was specified"),
        ("delete pod nosuch", NOT_FOUND.format("pods")),
    ],
)
def test_refusals_are_printed_as_oc_prints_them(sandbox: Sandbox, words: str, message: str):
    assert sandbox.run(*words.split(), code=1) == f"{message}\n"


def test_an_empty_list_prints_a_message_and_succeeds(sandbox: Sandbox):
    done = sandbox.done("get", "pods", "-l", "app=nosuch")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "",
        f"No resources found in {PROJECT} namespace.\n",
    )


@pytest.mark.parametrize("word", ["template", "templates", "Template", "template.template.openshift.io"])
def test_a_template_is_found_by_each_name_of_its_resource(sandbox: Sandbox, tmp_path: Path, word: str):
    template = {"kind": "Template", "apiVersion": "template.openshift.io/v1", "objects": []}
    sandbox.create(tmp_path, {**template, "metadata": {"name": "empty"}})
    assert sandbox.get(f"{word}/empty")["metadata"]["name"] == "empty"
    assert sandbox.run("delete", word, "empty") == (
        f'template.template.openshift.io "empty" deleted from {PROJECT} namespace\n'
    )


def test_delete_by_label_waits_until_all_objects_are_gone(sandbox: Sandbox, tmp_path: Path):
    sandbox.create(tmp_path, deployment("goes"), deployment_config("goes"), deployment("stays"))
    for what in ("dc/goes", "deploy/goes", "deploy/stays"):
        sandbox.run("rollout", "status", what)
    deleted = sandbox.run("delete", "all,pvc", "--selector", "app=goes")
    assert f'deploymentconfig.apps.openshift.io "goes" deleted from {PROJECT} namespace\n' in deleted
    assert "stays" not in deleted
    eventually(
        lambda: not [name for name in sandbox.names("all") if "goes" in name], lambda: sandbox.names("all")
    )
    assert sandbox.names("deployments") == ["deployment.apps/stays"]
    sandbox.run("delete", "deployment", "stays")


def test_logs_of_a_deployment_show_the_log_of_its_pod(sandbox: Sandbox, tmp_path: Path):
    sandbox.create(tmp_path, deployment("talks", script="echo hello; exec sleep 600"))
    sandbox.run("rollout", "status", "deploy/talks")
    assert sandbox.run("logs", "deploy/talks") == "hello\n"
    sandbox.run("delete", "deployment", "talks")


def test_rollout_status_follows_a_deployment_config_to_its_end(sandbox: Sandbox, tmp_path: Path):
    sandbox.create(tmp_path, deployment_config("rolled"))
    said = sandbox.run("rollout", "status", "dc/rolled").splitlines()
    assert said[-1] == 'replication controller "rolled-1" successfully rolled out'
    assert (
        sandbox.run("rollout", "latest", "dc/rolled")
        == "deploymentconfig.apps.openshift.io/rolled rolled out\n"
    )
    said = sandbox.run("rollout", "status", "dc/rolled").splitlines()
    assert said[-1] == 'replication controller "rolled-2" successfully rolled out'

    def rollouts() -> list[str]:
        pods = sandbox.get("pods", "-l", "app=rolled")
        return [pod["metadata"]["annotations"]["openshift.io/deployment.name"] for pod in pods]

    eventually(lambda: rollouts() == ["rolled-2"], rollouts)
    sandbox.run("delete", "dc/rolled")


def test_rollout_status_of_a_failed_rollout_exits_with_its_reason(sandbox: Sandbox, tmp_path: Path):
    strategy = {"type": "Recreate", "recreateParams": {"timeoutSeconds": 2}}
    never = {"container": {"readinessProbe": {"exec": {"command": ["false"]}}}}
    sandbox.create(tmp_path, deployment_config("fails", strategy=strategy, pod=never))
    said = sandbox.run("rollout", "status", "dc/fails", code=1)
    assert said == 'error: replication controller "fails-1" has failed progressing\n'
    log = sandbox.run("logs", "fails-1-deploy")
    late = "took longer than 2 seconds to become available"
    assert log == (
        "--> Scaling fails-1 to 1\n"
        f"error: update acceptor rejected fails-1: pods for rc '{PROJECT}/fails-1' {late}\n"
    )
    sandbox.run("delete", "dc/fails")


@pytest.fixture(scope="module")
def build_config(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A BuildConfig `hello` whose source is uploaded."""
    source = {"kind": "ImageStreamTag", "name": "python:3.12"}
    config = {
        "kind": "BuildConfig",
        "apiVersion": "build.openshift.io/v1",
        "metadata": {"name": "hello"},
        "spec": {
            "source": {"type": "Binary", "binary": {}},
            "strategy": {"type": "Source", "sourceStrategy": {"from": source}},
            "output": {"to": {"kind": "ImageStreamTag", "name": "hello:latest"}},
        },
    }
    folder = tmp_path_factory.mktemp("build")
    sandbox.create(folder, image_stream("python", **{"3.12": PYTHON}), image_stream("hello"), config)
    eventually(lambda: sandbox.get("is/python")["status"].get("tags"))


def source_of(folder: Path, assemble: str) -> Path:
    """An S2I source with its own scripts."""
    scripts = folder / "source" / ".s2i" / "bin"
    scripts.mkdir(parents=True)
    for name, text in (("assemble", assemble), ("run", "exec sleep 600")):
        (scripts / name).write_text(f"#!/bin/sh\n{text}\n")
        (scripts / name).chmod(0o755)
    return folder / "source"


@pytest.mark.sandbox
@pytest.mark.usefixtures("build_config")
def test_a_folder_is_built_and_a_second_time_its_image_is_used_again(sandbox: Sandbox, tmp_path: Path):
    source = source_of(tmp_path, "echo '---> Hello from' $(id -u)")
    first = sandbox.done("start-build", "hello", "--from-dir", str(source), "--follow")
    assert first.returncode == 0, first.stderr
    assert first.stderr.startswith(f'Uploading directory "{source}" as binary input for the build ...\n')
    name = first.stdout.partition(" ")[0].partition("/")[2]
    assert f"build.build.openshift.io/{name} started\n" in first.stdout
    assert "---> Hello from 1001\n" in first.stdout
    assert first.stdout.endswith("Push successful\n")
    before = sandbox.get("istag/hello:latest")["image"]["metadata"]["name"]
    second = sandbox.run("build", "bc/hello", "--from-dir", str(source), "--follow")
    assert "settings are those of an earlier build: its image is used again." in second
    assert sandbox.get("istag/hello:latest")["image"]["metadata"]["name"] == before
    assert sandbox.run("logs", "bc/hello") in second


@pytest.mark.sandbox
@pytest.mark.usefixtures("build_config")
def test_a_build_that_fails_says_so_and_keeps_the_end_of_its_log(sandbox: Sandbox, tmp_path: Path):
    source = source_of(tmp_path, "echo '---> No such package'; exit 3")
    done = sandbox.done("start-build", "hello", "--from-dir", str(source), "--follow")
    assert done.returncode == 1
    build = sandbox.get("builds", "-l", "buildconfig=hello")[-1]
    name, status = build["metadata"]["name"], build["status"]
    assert done.stderr.endswith(f'error: the build {PROJECT}/{name} status is "Failed"\n')
    assert (status["phase"], status["reason"], status["message"]) == (
        "Failed",
        "GenericBuildFailed",
        "Generic Build failure - check logs for details.",
    )
    assert "---> No such package\n" in status["logSnippet"]


@pytest.mark.sandbox
@pytest.mark.usefixtures("build_config")
def test_a_build_without_a_source_is_refused(sandbox: Sandbox):
    assert sandbox.run("start-build", "hello", code=1).startswith("Error from server (BadRequest): ")


def test_a_command_without_a_running_sandbox_says_how_to_start_it(tmp_path: Path):
    said = Sandbox(tmp_path).run("get", "pods", code=1)
    assert said == f"no sandbox is running here; start the sandbox with: {COMMAND} up\n"


def test_the_command_exits_with_its_exit_code(tmp_path: Path):
    assert Sandbox(tmp_path).process("status").returncode == 1


@pytest.mark.parametrize(
    "command",
    [
        *(
            "up",
            "down",
            "status",
            "run",
            "create",
            "new-app",
            "policy add-role-to-user",
            "get",
            "delete",
            "logs",
        ),
        *("start-build", "build", "rollout status", "rollout latest", "rollout restart"),
    ],
)
def test_every_command_has_its_help(tmp_path: Path, command: str):
    printed = Sandbox(tmp_path).run(*command.split(), "--help")
    assert printed.startswith(f"usage: python -m sandbox {command} ")


def test_options_that_the_sandbox_does_not_have_are_left_to_kubectl(sandbox: Sandbox, tmp_path: Path):
    sandbox.create(tmp_path, config_map("in-yaml"))
    shown = sandbox.process("get", "cm/in-yaml", "-o", "yaml").stdout
    assert shown.startswith("apiVersion: v1\nkind: ConfigMap\nmetadata:\n")
    assert "name: in-yaml" in shown
    assert "Name:         in-yaml\n" in sandbox.process("describe", "cm", "in-yaml").stdout
    patched = sandbox.process("label", "cm/in-yaml", "colour=blue")
    assert (patched.returncode, patched.stdout) == (0, "configmap/in-yaml labeled\n")
    assert sandbox.names("cm", "-l", "colour=blue") == ["configmap/in-yaml"]


def test_a_command_of_oc_alone_is_named_with_the_kubeconfig(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert sandbox.run("process", "-f", "my file.json", code=1) == (
        'error: the sandbox itself has no command "process"; with a real oc:\n\n'
        f"  export KUBECONFIG={sandbox.state}/kubeconfig\n  oc process -f 'my file.json'\n\n"
    )


def test_a_wrong_option_of_an_own_command_shows_its_usage(sandbox: Sandbox):
    said = sandbox.run("start-build", code=2)
    assert said.startswith("usage: python -m sandbox start-build [-h]")
    assert said.endswith("error: the following arguments are required: NAME\n")


def test_all_pods_can_be_deleted(sandbox: Sandbox, tmp_path: Path):
    sandbox.create(tmp_path, {"kind": "Pod", "apiVersion": "v1", **pod("unwanted")})
    deleted = sandbox.run("delete", "pod", "--all")
    assert f'pod "unwanted" deleted from {PROJECT} namespace\n' in deleted
    assert sandbox.names("pods") == []


def pod(name: str) -> dict:
    container = {"name": "main", "image": "tool:16", "command": ["sleep", "600"]}
    return {"metadata": {"name": name}, "spec": {"containers": [container]}}


def test_get_of_a_route_names_its_address_with_the_port_of_the_router(sandbox: Sandbox, tmp_path: Path):
    target = {"kind": "Service", "name": "web"}
    route = {"kind": "Route", "apiVersion": "route.openshift.io/v1", "metadata": {"name": "web"}}
    sandbox.create(tmp_path, {**route, "spec": {"to": target, "tls": {"termination": "edge"}}})
    port = json.loads((sandbox.state / "instance.json").read_text())["route_port"]
    done = sandbox.done("get", "route/web")
    assert done.stderr == f"In a browser: https://web-{PROJECT}.apps.localhost:{port}\n"
    sandbox.run("delete", "route/web")
