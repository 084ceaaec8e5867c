"""The preflight builds the hub and a server from a user's file, and reports what would stop them."""

import os
import sys

import pytest

from jupyterhub_openshift.config_files.hub_check import check_hub
from jupyterhub_openshift.spawner.openshift_spawner import OpenShiftSpawner

from ..example_settings import PROJECT
from .checking import load, problems

LABEL_RULE = "letters, digits, '-', '_' and '.', at most 63, a letter or digit first and last"


@pytest.fixture(autouse=True)
def own_sys_path(monkeypatch):
    """The loader appends the folders of the files to `sys.path`."""
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "c.KubeSpawner.environment = {'NUM': 5}",
            "line 1: c.KubeSpawner.environment: the variable 'NUM' should be text, but is int. Write '5'",
        ),
        (
            "c.Spawner.environment.update({'DEBUG': True})",
            "line 1: c.Spawner.environment: the variable 'DEBUG' should be text, but is bool. Write 'true'",
        ),
        (
            "\nc.KubeSpawner.node_selector = {'gpu': True}",
            "line 2: c.KubeSpawner.node_selector: spec.nodeSelector['gpu'] should be text, but is bool. "
            "Write 'true'",
        ),
        (
            "c.KubeSpawner.extra_annotations = {'cost-centre': 4711}",
            "line 1: c.KubeSpawner.extra_annotations: metadata.annotations['cost-centre'] should be text, "
            "but is int. Write '4711'",
        ),
        (
            "c.KubeSpawner.extra_labels = {'department': 'Physics & Maths'}",
            "line 1: c.KubeSpawner.extra_labels: metadata.labels['department'] is 'Physics & Maths', but a "
            f"value should be {LABEL_RULE}",
        ),
        (
            "c.KubeSpawner.common_labels = {'my team': 'x'}",
            "line 1: c.KubeSpawner.common_labels: metadata.labels has the key 'my team', but a key should be "
            f"{LABEL_RULE}",
        ),
        (
            "c.KubeSpawner.volumes = [{'name': 'data', 'persistentVolumClaim': {'claimName': 'data'}}]",
            "line 1: c.KubeSpawner.volumes: has 'persistentVolumClaim', which is not a field of a Volume in "
            "the Kubernetes API; did you mean 'persistentVolumeClaim'?",
        ),
        (
            "c.KubeSpawner.volumes = [{'name': 'data', 'persistentVolumeClaim': {'claimNam': 'data'}}]",
            "line 1: c.KubeSpawner.volumes: spec.volumes['data'].persistentVolumeClaim.claimNam is not a "
            "field of the Kubernetes API; did you mean 'claimName'?\n"
            "line 1: c.KubeSpawner.volumes: spec.volumes['data'].persistentVolumeClaim.claimName is missing",
        ),
        (
            "c.KubeSpawner.volumes = [{'name': 'my_data', 'emptyDir': {}}]",
            "line 1: c.KubeSpawner.volumes: spec.volumes has the name 'my_data', but a name should be lower "
            "case letters, digits and '-', at most 63, a letter or digit first and last",
        ),
        (
            "c.KubeSpawner.volume_mounts = [{'name': 'data', 'mountPath': '/data'}]",
            "line 1: c.KubeSpawner.volume_mounts: the container 'notebook' mounts the volume 'data', which "
            "the pod does not have",
        ),
        (
            "c.KubeSpawner.volumes = [{'name': 'data', 'emptyDir': {}}]\n"
            "c.KubeSpawner.volume_mounts = [{'name': 'data', 'mountPath': '/data', 'subPath': '{usernam}'}]",
            "line 2: c.KubeSpawner.volume_mounts: has the placeholder {usernam}, which does not exist. "
            "Did you mean {username}?",
        ),
        (
            "c.KubeSpawner.image_pull_policy = 'Allways'",
            "line 1: c.KubeSpawner.image_pull_policy: spec.containers['notebook'].imagePullPolicy is "
            "'Allways', but should be one of Always, IfNotPresent, Never",
        ),
        (
            "c.KubeSpawner.extra_resource_limits = {'nvidia.com/gpu': 'one'}",
            "line 1: c.KubeSpawner.extra_resource_limits: "
            "spec.containers['notebook'].resources.limits['nvidia.com/gpu'] is not a Kubernetes quantity "
            "(a number, then nothing, m, k, M, G, T, Ki, Mi, Gi or Ti)",
        ),
        (
            "c.KubeSpawner.extra_containers = [{'name': 'proxy'}]",
            "line 1: c.KubeSpawner.extra_containers: the container 'proxy' has no image",
        ),
        (
            "c.Spawner.mem_limit, c.Spawner.mem_guarantee = '1G', '2G'",
            "line 1: c.Spawner.mem_guarantee: the container 'notebook' requests more memory (2147483648) "
            "than its limit (1073741824)",
        ),
        (
            "c.KubeSpawner.environment = {'COURSE NAME': 'physics'}",
            "line 1: c.KubeSpawner.environment: the variable 'COURSE NAME' should be named with letters, "
            "digits, '-', '_' and '.', no digit first",
        ),
        (
            "c.KubeSpawner.service_account = 'Data Reader'",
            "line 1: c.KubeSpawner.service_account: spec.serviceAccountName is 'Data Reader', but should be "
            "lower case letters, digits and '-', at most 63, a letter or digit first and last",
        ),
        (
            "c.KubeSpawner.volume_mounts = [{'name': 'data'}]",
            "line 1: c.KubeSpawner.volume_mounts: lacks the field 'mountPath'",
        ),
        (
            "c.KubeSpawner.tolerations = ['gpu']",
            "line 1: c.KubeSpawner.tolerations: each Toleration should be a dict, but one is str",
        ),
        (
            "c.KubeSpawner.init_containers = [\n"
            "    {'name': 'a', 'image': 'b', 'env': [{'name': 'N', 'value': 5}], 'command': 'sleep 5'}]",
            "line 1: c.KubeSpawner.init_containers: spec.initContainers['a'].command should be a list, but "
            "is str\n"
            "line 1: c.KubeSpawner.init_containers: spec.initContainers['a'].env['N'].value should be text, "
            "but is int. Write '5'",
        ),
        (
            "c.KubeSpawner.pod_name_template = 'jupyter-{user}'",
            "line 1: c.KubeSpawner.pod_name_template: has the placeholder {user}, which does not "
            "exist. Did you mean {userid}?",
        ),
        (
            "c.KubeSpawner.profile_list = [\n"
            "    {'display_name': 'Small', 'kubespawner_override': {'mem_limit': '1G'}},\n"
            "    {'display_name': 'Large', 'kubespawner_override': {'mem_limit': '4Gi'}},\n"
            "]",
            "line 1: c.KubeSpawner.profile_list: in the profile 'Large' 4Gi is not a valid memory "
            "specification. Must be an int or a string with suffix K, M, G, T",
        ),
        (
            "choices = {'a': {'display_name': 'A', 'kubespawner_override': {'node_selector': {'gpu': 1}}}}\n"
            "options = {'node': {'display_name': 'Node', 'choices': choices}}\n"
            "c.KubeSpawner.profile_list = [{'display_name': 'GPU', 'profile_options': options}]",
            "line 3: c.KubeSpawner.profile_list: in the profile 'GPU' spec.nodeSelector['gpu'] should be "
            "text, but is int. Write '1'",
        ),
    ],
)
def test_a_server_that_the_cluster_would_refuse_is_reported(tmp_path, text, line):
    assert problems(tmp_path, text) == line.splitlines()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "c.JupyterHub.load_roles = [{'name': 'grader', 'scopes': ['read:grades']}]",
            "line 1: c.JupyterHub.load_roles: Scope 'read:grades' for role grader does not exist",
        ),
        (
            "c.JupyterHub.load_roles = [{'name': 'grader', 'scopes': ['self'], 'services': ['grades']}]",
            "line 1: c.JupyterHub.load_roles: Found undefined service grades in role grader. Define it first "
            "in c.JupyterHub.services.",
        ),
        (
            "c.JupyterHub.services = [{'name': 'grades', 'comand': ['grades']}]",
            "line 1: c.JupyterHub.services: has a service with the unknown key 'comand'; did you mean "
            "'command'?",
        ),
        (
            "c.JupyterHub.services = [{'name': 'grades', 'api_token': 'short'}]",
            "line 1: c.JupyterHub.services: has an api_token of less than 8 characters. "
            "An example that works: $(openssl rand -hex 32)",
        ),
        (
            "c.JupyterHub.services.append({'name': 'grades', 'command': ['no-such-command']})",
            "line 1: c.JupyterHub.services: has the service 'grades' with the command 'no-such-command', "
            "which does not exist",
        ),
        (
            "c.JupyterHub.services = [{'name': 'grades', 'command': ['sh'], 'environment': {'PORT': 80}}]",
            "line 1: c.JupyterHub.services: the variable 'PORT' of the service 'grades' should be text, but "
            "is int",
        ),
        (
            "c.JupyterHub.extra_handlers = [(r'/hello(', object)]",
            "line 1: c.JupyterHub.extra_handlers: error: missing ), unterminated subpattern at position 10",
        ),
        (
            "c.KubeSpawner.enable_user_namespaces = True",
            "line 1: c.KubeSpawner.enable_user_namespaces: needs the rights of a cluster admin, which the "
            "hub does not have. Remove it.",
        ),
        (
            "c.KubeSpawner.namespace = 'students'",
            "line 1: c.KubeSpawner.namespace: is 'students', but the hub may start servers only in its own "
            "project, rec. Remove it.",
        ),
    ],
)
def test_a_hub_that_would_not_start_is_reported(tmp_path, text, line):
    assert problems(tmp_path, text) == [line]


EXAMPLE = "An example that works: postgresql+psycopg2://user:password@host:5432/database"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (
            "mysql://hub:secret@db/hub",
            "needs a driver that this image does not have. Add mysqlclient (or PyMySQL, with "
            "mysql+pymysql:// in the URL) to your requirements.txt.",
        ),
        (
            "mysql+pymysql://hub:secret@db/hub",
            "needs a driver that this image does not have. Add PyMySQL to your requirements.txt.",
        ),
        (
            "postgresql+psycopg2://hub:a]b@db/hub",
            "is not a database URL. Quote special characters in the password with "
            f"urllib.parse.quote(password, safe=''). {EXAMPLE}",
        ),
        (
            "postgresql+psycopg2://hub:a@db:port/hub",
            "is not a database URL. Quote special characters in the password with "
            f"urllib.parse.quote(password, safe=''). {EXAMPLE}",
        ),
        ("postgres://hub:secret@db/hub", f"names the unknown database 'postgres'. {EXAMPLE}"),
        (
            "sqlite:////no/such/folder/hub.sqlite",
            "needs the folder /no/such/folder, which does not exist. /opt/app-root/data does.",
        ),
        (
            "/no/such/folder/hub.sqlite",
            "needs the folder /no/such/folder, which does not exist. /opt/app-root/data does.",
        ),
    ],
)
def test_a_database_that_the_hub_cannot_use_is_reported(tmp_path, url, problem):
    found = problems(tmp_path, f"c.JupyterHub.db_url = {url!r}")
    assert found == [f"line 1: c.JupyterHub.db_url: {problem}"]
    assert "secret" not in str(found)


def test_a_database_that_does_not_answer_is_reported_but_not_in_an_image_build(tmp_path):
    text = "c.JupyterHub.db_url = 'postgresql+psycopg2://hub:secret@127.0.0.1:1/hub'"
    (line,) = problems(tmp_path, text)
    assert line.startswith("line 1: c.JupyterHub.db_url: cannot be used: connection to server at")
    assert "secret" not in line
    assert problems(tmp_path, text, building=True) == []


def test_a_sqlite_file_in_an_existing_folder_is_accepted(tmp_path):
    assert problems(tmp_path, f"c.JupyterHub.db_url = 'sqlite:///{tmp_path}/hub.sqlite'") == []


def test_problems_of_several_settings_are_reported_together(tmp_path):
    text = (
        "c.JupyterHub.load_roles = [{'name': 'grader', 'scopes': ['read:grades']}]\n"
        "c.JupyterHub.services = [{'name': 'grades', 'comand': ['grades']}]\n"
        "c.KubeSpawner.node_selector = {'gpu': True}\n"
        "c.KubeSpawner.namespace = 'students'\n"
    )
    lines = problems(tmp_path, text)
    assert sorted(line.partition(":")[0] for line in lines) == ["line 1", "line 2", "line 3", "line 4"]


def test_a_value_of_a_later_file_is_reported_where_it_is_set(tmp_path):
    files = {
        "src/jupyterhub_config.py": "c.KubeSpawner.node_selector = {'gpu': 'yes'}",
        "configs/jupyterhub_config.py": "\n\nc.KubeSpawner.node_selector = {'gpu': 1}",
    }
    with pytest.raises(SystemExit) as stop:
        check_hub(load(tmp_path, files), PROJECT, building=False, root=tmp_path)
    assert str(stop.value).startswith(f"{tmp_path}/configs/jupyterhub_config.py, line 3: ")


@pytest.mark.parametrize(
    "text",
    [
        "c.KubeSpawner.environment = {'MY_JSON': '{\"a\": 1}', 'GREETING': 'hello {username}'}",
        "c.KubeSpawner.extra_annotations = {'k8s.v1.cni.cncf.io/networks': '[{\"name\": \"net\"}]'}",
        "c.KubeSpawner.environment = {'KEY': {'valueFrom': {'secretKeyRef': {'name': 's', 'key': 'k'}}}}",
        "c.KubeSpawner.environment = {'NAME': lambda spawner: spawner.user.name}",
        "c.KubeSpawner.environment = {'DOMAIN': lambda spawner: spawner.user.name.split('@')[1]}",
        "c.KubeSpawner.profile_list = [{'display_name': 'Own image', 'profile_options': {'image': {\n"
        "    'display_name': 'Image', 'unlisted_choice': {'enabled': True}}}}]",
        "c.KubeSpawner.image_pull_secrets = 'registry'",
        "c.KubeSpawner.uid = lambda spawner: {'alice': 1001}[spawner.user.name]",
        "c.KubeSpawner.extra_resource_limits = {'nvidia.com/gpu': '1', 'amd.com/gpu': 1}",
        "c.KubeSpawner.storage_pvc_ensure = True\nc.KubeSpawner.storage_capacity = '1Gi'",
        "c.JupyterHub.load_roles = [{'name': 'grader', 'scopes': ['list:users'], 'users': ['alice']}]",
        "c.JupyterHub.services = [{'name': 'grades', 'url': 'http://grades:8888', 'api_token': 't' * 32}]",
        "c.JupyterHub.load_groups = {'students': {'users': ['alice']}}",
        "c.JupyterHub.authenticator_class = 'dummy'\nc.DummyAuthenticator.password = 'moon'",
        "import sys\nc.JupyterHub.services = [{'name': 'grades', 'command': [sys.executable, '-V']}]",
        "c.JupyterHub.services = [{'name': 'grades', 'cwd': '/bin', 'command': ['./sh']}]",
        "c.JupyterHub.services = [{'name': 'grades', 'command': ['sh'], 'environment': {'PATH': '/bin'}}]",
        "import ssl\nc.OAuthenticator.http_request_kwargs = {'ssl_options': ssl.create_default_context()}",
    ],
)
def test_a_configuration_from_which_hub_and_servers_can_be_built_is_accepted(tmp_path, text):
    assert problems(tmp_path, text) == []


def test_a_misspelled_key_of_a_role_is_a_warning_because_jupyterhub_ignores_it(tmp_path, capfd):
    text = "c.JupyterHub.load_roles = [{'name': 'grader', 'scope': ['list:users'], 'users': ['alice']}]"
    assert problems(tmp_path, text) == []
    assert capfd.readouterr().err.splitlines()[-1] == (
        "[jupyterhub-openshift] WARNING: c.JupyterHub.load_roles: has a role with the unknown key 'scope', "
        "which has no effect; did you mean 'scopes'?"
    )


def test_an_image_build_does_not_judge_a_file_that_needs_the_deployment(tmp_path):
    """The service that the role names is defined after the variable."""
    text = (
        "import os\n"
        "c.JupyterHub.load_roles = [{'name': 'grader', 'scopes': ['list:users'], 'services': ['grades']}]\n"
        "c.JupyterHub.services = [{'name': 'grades', 'api_token': os.environ['GRADES_TOKEN']}]\n"
    )
    files = {"src/jupyterhub_config.py": text}
    check_hub(load(tmp_path, files, cluster=None), PROJECT, building=True, root=tmp_path)


def test_an_image_build_judges_a_file_that_needs_no_deployment(tmp_path):
    text = "c.JupyterHub.load_roles = [{'name': 'grader', 'scopes': ['read:grades']}]"
    (line,) = problems(tmp_path, text, building=True)
    assert line.startswith("line 1: c.JupyterHub.load_roles: Scope 'read:grades'")


def test_update_adds_to_a_section(tmp_path):
    text = "c.update({'JupyterHub': {'authenticator_class': 'dummy'}})\nc.merge({'Spawner': {'debug': True}})"
    c = load(tmp_path, {"configs/jupyterhub_config.py": text})
    assert (c.JupyterHub.authenticator_class, c.JupyterHub.spawner_class) == ("dummy", OpenShiftSpawner)
    assert (c.Spawner.debug, c.Spawner.port) == (True, 8080)


@pytest.mark.parametrize("key", ["api_token", "oauth_client_secret"])
def test_no_secret_is_in_a_problem(tmp_path, key):
    secret = "a-secret-that-must-not-be-shown"
    text = f"c.JupyterHub.services = [{{'name': 'grades', {key!r}: {secret!r}, 'url': '{secret}'}}]\n"
    text += f"c.JupyterHub.load_roles = [{{'name': 'grader', 'scopes': ['{secret}']}}]"
    found = problems(tmp_path, text)
    assert found
    assert secret not in str(found)


def test_the_check_leaves_no_file_and_keeps_the_environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    assert problems(tmp_path / "root", "c.JupyterHub.pid_file = 'hub.pid'") == []
    assert dict(os.environ) == before
    assert [path.name for path in tmp_path.iterdir()] == ["root"]


def test_without_files_of_the_user_nothing_is_built(tmp_path):
    assert problems(tmp_path, "") == []
