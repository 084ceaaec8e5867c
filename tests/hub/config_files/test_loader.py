import sys

import pytest
from traitlets.config import Config

from jupyterhub_openshift.config_files.loader import ConfigFileError, load_config_files
from jupyterhub_openshift.proxy import SeparateProxy
from jupyterhub_openshift.spawner.openshift_spawner import OpenShiftSpawner

from ..example_settings import settings

IMAGE = "src/jupyterhub_config.py"
EXTRA = "src/jupyterhub_config.d/"
CONFIG_MAP = "configs/jupyterhub_config.py"


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load files given as texts or bytes on top of a configuration like ours."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def run(files: dict[str, str | bytes], building: bool = False, **values: object) -> Config:
        c = Config()
        c.JupyterHub.authenticator_class = "tmp"
        c.JupyterHub.spawner_class = OpenShiftSpawner
        c.JupyterHub.proxy_class = SeparateProxy
        c.KubeSpawner.image = "minimal-notebook:3.12"
        c.KubeSpawner.uid = 1000190000
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        load_config_files(c, settings(**values), building, tmp_path)
        return c

    return run


def fault(load, files: dict[str, str | bytes], building: bool = False, **values: object) -> str:
    with pytest.raises(ConfigFileError) as refusal:
        load(files, building, **values)
    return str(refusal.value)


def test_the_files_are_loaded_in_order_and_the_order_is_printed(load, tmp_path, capfd):
    c = load(
        {
            CONFIG_MAP: "c.KubeSpawner.image += ' config-map'",
            EXTRA + "20-b.py": "c.KubeSpawner.image += ' b'",
            EXTRA + "10-a.py": "c.KubeSpawner.image += ' a'",
            EXTRA + "README.md": "not Python",
            IMAGE: "c.KubeSpawner.image += ' image'",
        }
    )
    assert c.KubeSpawner.image == "minimal-notebook:3.12 image a b config-map"
    assert capfd.readouterr().err.splitlines() == [
        f"[jupyterhub-openshift] Loading {tmp_path}/{name}"
        for name in (IMAGE, EXTRA + "10-a.py", EXTRA + "20-b.py", CONFIG_MAP)
    ]


def test_no_files_are_needed(load, capfd):
    load({})
    assert capfd.readouterr().err == "[jupyterhub-openshift] There are no configuration files of your own\n"


def test_a_config_map_may_be_empty(load):
    load({CONFIG_MAP: ""})


def test_a_file_can_use_get_config_load_subconfig_and_its_own_modules(load):
    c = load(
        {
            IMAGE: "import own_module\n"
            "c = get_config()\n"
            "c.Spawner.default_url = own_module.URL\n"
            "load_subconfig('more.py')\n"
            "load_subconfig('missing.py')",
            "src/own_module.py": "URL = '/doc'",
            "src/more.py": "c.JupyterHub.active_server_limit = 7",
        }
    )
    assert (c.Spawner.default_url, c.JupyterHub.active_server_limit) == ("/doc", 7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "\nc.KubeSpawner.imagee = 'x'\n",
            "line 2: c.KubeSpawner.imagee is not a setting. Did you mean c.KubeSpawner.image?",
        ),
        (
            "c.KubeSpawnr.image = 'x'",
            "line 1: c.KubeSpawnr.image is for an unknown class. Did you mean c.KubeSpawner.image?",
        ),
        (
            "# all day\nc.JupyterHub.active_server_limit = 'many'",
            "line 2: c.JupyterHub.active_server_limit should be an int, but is str.",
        ),
        (
            "c.OpenShiftSpawner.sizes = {'S': {'memory': '1GB', 'cpus': 2}, 'L': {'cpu': 0}}",
            "line 1: c.OpenShiftSpawner.sizes ['S']['memory'] is not a Kubernetes quantity (a number, then "
            "nothing, m, k, M, G, T, Ki, Mi, Gi or Ti); ['S']['cpus'] is not a known key, did "
            "you mean 'cpu'?; "
            "['L']['cpu'] is less than 1m, the smallest CPU quantity. "
            'An example that works: {"Small": {"cpu": "500m", "memory": "1Gi"}}',
        ),
        (
            "c.OpenShiftSpawner.group_limits = {'students': {'servers': -1}, 'staff': 5}",
            "line 1: c.OpenShiftSpawner.group_limits ['students']['servers'] should be greater than or "
            "equal to 0; ['staff'] should be a valid dictionary or instance of Limits. "
            'An example that works: {"students": {"sizes": ["Small"], "servers": 20}}',
        ),
        (
            "c.OpenShiftSpawner.sizes = ['Small']",
            "line 1: c.OpenShiftSpawner.sizes should be a dict, but is list. "
            'An example that works: {"Small": {"cpu": "500m", "memory": "1Gi"}}',
        ),
        (
            "c.JupyterHub.spawner_class = 'kubespawner'",
            "line 1: c.JupyterHub.spawner_class is 'kubespawner', which this image does not have. "
            "It has: default, localprocess, simple.",
        ),
        (
            "c.JupyterHub.authenticator_class = 'no.such.Authenticator'",
            "line 1: c.JupyterHub.authenticator_class is 'no.such.Authenticator', which cannot be imported "
            "(No module named 'no').",
        ),
        (
            "c.JupyterHub.proxy_class = 'os.path'",
            "line 1: c.JupyterHub.proxy_class is 'os.path', which is not one of the proxies.",
        ),
        ("c.Xyzzy.plugh = 1", "line 1: c.Xyzzy.plugh is for an unknown class."),
        (
            "c.JupyterHub.named_server_limit_per_user = 2\nc.JupyterHub.load_role = []",
            "line 2: c.JupyterHub.load_role is not a setting. Did you mean c.JupyterHub.load_roles?",
        ),
        (
            "if True:\n    c.KubeSpawner.start_timeout = undefined_name",
            "line 2: c.KubeSpawner.start_timeout: NameError: name 'undefined_name' is not defined",
        ),
        ("1 / 0", "line 1: ZeroDivisionError: division by zero"),
        (
            "name = '%s-nb' % c.KubeSpawner.hub_connect_ip",
            "line 1: c.KubeSpawner.hub_connect_ip has no effect. Write c.JupyterHub.hub_connect_url instead.",
        ),
        (
            "c.KubeSpawner.profile_list = [\n"
            "    {'display_name': 'A', 'kubespawner_override': {'image': 'a'}},\n"
            "    {'display_name': 'B', 'profile_options': {'size': {'display_name': 'Size', 'choices': {\n"
            "        's': {'display_name': 'S', 'kubespawner_override': {'memory_limit': '1G'}}}}}},\n"
            "]",
            "line 1: c.KubeSpawner.profile_list overrides memory_limit in a kubespawner_override, "
            "which is not a setting. Did you mean mem_limit?",
        ),
        (
            "c.KubeSpawner.image_spec = 'x'",
            "line 1: c.KubeSpawner.image_spec has no effect. Write c.KubeSpawner.image instead.",
        ),
        (
            "c.GitHubOAuthenticator.blacklist = {'mallory'}",
            "line 1: c.GitHubOAuthenticator.blacklist has no effect. "
            "Write c.Authenticator.blocked_users instead.",
        ),
        (
            "c.JupyterHub.statsd_host = 'statsd'",
            "line 1: c.JupyterHub.statsd_host has no effect. "
            "Remove it: Prometheus reads /hub/metrics, see JUPYTERHUB_METRICS_TOKEN.",
        ),
        (
            "c.LDAPAuthenticator.server_address = 'ldap.example.org'",
            "line 1: c.LDAPAuthenticator.server_address is for a class that this image does not have. "
            "Add jupyterhub-ldapauthenticator to your requirements.txt.",
        ),
        (
            "c.KubeSpawner.extra_labels = {'hub': application_name}",
            "line 1: c.KubeSpawner.extra_labels: NameError: name 'application_name' is not defined. "
            'Write os.environ["APPLICATION_NAME"] instead.',
        ),
        (
            "c.Spawner.environment['X'] = 'y'",
            "line 1: c.Spawner.environment has no value yet, which could be changed in place. "
            "Assign it, or write c.Spawner.environment.update({...})",
        ),
        (
            "\nif c.KubeSpawner.node_selector['gpu']: pass",
            "line 2: c.KubeSpawner.node_selector has no value yet, which could be changed in place. "
            "Assign it, or write c.KubeSpawner.node_selector.update({...})",
        ),
        (
            "c.KubeSpawner.volumes += [{'name': 'data'}]",
            "line 1: c.KubeSpawner.volumes has no value yet, which could be changed in place. "
            "Assign it, or write c.KubeSpawner.volumes.extend([...])",
        ),
        (
            "c.Spawner.mem_limit = '512Mi'",
            "line 1: c.Spawner.mem_limit should be a number of bytes, or one with K, M, G or T "
            "(powers of 1024). Write '512M'.",
        ),
        (
            "c.KubeSpawner.mem_guarantee = '1.5 GB'",
            "line 1: c.KubeSpawner.mem_guarantee should be a number of bytes, or one with K, M, G or T "
            "(powers of 1024). Write '512M'.",
        ),
        (
            "c.Spawner.cpu_limit = '500m'",
            "line 1: c.Spawner.cpu_limit should be a number of CPUs. Write 0.5.",
        ),
        (
            "c.OpenShiftSpawner.cpu_guarantee = '2'",
            "line 1: c.OpenShiftSpawner.cpu_guarantee should be a number of CPUs. Write 2.0.",
        ),
        ("c.JupyterHub.x = (", "line 1: '(' was never closed (the file is not valid Python)"),
        (
            "def late():\n    raise RuntimeError('no')\n\nlate()",
            "line 2: RuntimeError: no",
        ),
    ],
)
def test_a_problem_is_reported_with_file_line_and_setting(load, tmp_path, text, message):
    assert fault(load, {CONFIG_MAP: text}) == f"{tmp_path}/{CONFIG_MAP}, {message}"


def test_other_keys_of_the_config_map_can_be_imported(load):
    files = {
        CONFIG_MAP: "import helpers\nc.Spawner.default_url = helpers.URL",
        "configs/helpers.py": "URL = '/doc'",
    }
    assert load(files).Spawner.default_url == "/doc"


def test_a_problem_in_an_imported_key_of_the_config_map_names_that_file(load, tmp_path):
    files = {CONFIG_MAP: "import broken_helper", "configs/broken_helper.py": "\nx = ("}
    message = "line 2: '(' was never closed (the file is not valid Python)"
    assert fault(load, files) == f"{tmp_path}/configs/broken_helper.py, {message}"


@pytest.mark.parametrize(
    "encoded",
    [
        b"c.Spawner.default_url = '/doc'\r\nc.Spawner.debug = True\r\n",
        "c.Spawner.default_url = '/doc'\n".encode("utf-8-sig"),
        "# -*- coding: latin-1 -*-\n# für alle\nc.Spawner.default_url = '/doc'\n".encode("latin-1"),
    ],
    ids=["Windows line ends", "byte order mark", "coding comment"],
)
def test_a_file_from_any_editor_is_loaded(load, encoded):
    assert load({CONFIG_MAP: encoded}).Spawner.default_url == "/doc"


@pytest.mark.parametrize(
    "encoded",
    ["c.Spawner.debug = True".encode("utf-16"), "x = 1".encode("utf-16-le"), "# für alle".encode("latin-1")],
    ids=["UTF-16", "UTF-16 without mark", "Latin 1"],
)
def test_a_file_in_another_encoding_is_refused(load, tmp_path, encoded):
    message = "is not text in UTF-8. Save it with that encoding."
    assert fault(load, {CONFIG_MAP: encoded}) == f"{tmp_path}/{CONFIG_MAP} {message}"


def test_all_problems_of_a_file_are_reported_together(load, tmp_path):
    text = (
        "c.KubeSpawner.imagee = 1\nc.JupyterHub.active_servr_limit = 2\nc.KubeSpawner.image_spec = 'x'\n1 / 0"
    )
    assert fault(load, {IMAGE: text}).splitlines() == [
        f"{tmp_path}/{IMAGE}, line 1: c.KubeSpawner.imagee is not a setting. "
        "Did you mean c.KubeSpawner.image?",
        f"{tmp_path}/{IMAGE}, line 2: c.JupyterHub.active_servr_limit is not a setting. "
        "Did you mean c.JupyterHub.active_server_limit?",
        f"{tmp_path}/{IMAGE}, line 3: c.KubeSpawner.image_spec has no effect. "
        "Write c.KubeSpawner.image instead.",
        f"{tmp_path}/{IMAGE}, line 4: ZeroDivisionError: division by zero",
    ]


def test_an_old_name_that_still_works_is_a_warning(load, tmp_path, capfd):
    text = "\nc.Authenticator.whitelist = {'alice'}\nc.KubeSpawner.singleuser_init_containers = []"
    c = load({CONFIG_MAP: text})
    assert c.Authenticator.whitelist == {"alice"}
    warning = f"[jupyterhub-openshift] WARNING: {tmp_path}/{CONFIG_MAP}"
    assert capfd.readouterr().err.splitlines()[1:] == [
        f"{warning}, line 2: c.Authenticator.whitelist is an old name. "
        "Write c.Authenticator.allowed_users instead.",
        f"{warning}, line 3: c.KubeSpawner.singleuser_init_containers is an old name. "
        "Write c.KubeSpawner.init_containers instead.",
    ]


def test_files_that_only_the_first_quickstart_read_are_refused(load, tmp_path):
    files = {
        "src/.jupyter/jupyterhub_config.py": "c.Spawner.http_timeout = 60",
        "configs/jupyterhub_config.sh": "",  # its templates left what was not given empty
        "configs/user_whitelist.txt": "alice",
    }
    assert fault(load, files).splitlines() == [
        f"{tmp_path}/src/.jupyter/jupyterhub_config.py is no longer read. "
        "Move it to jupyterhub_config.py, at the root of the repository.",
        f"{tmp_path}/configs/user_whitelist.txt is no longer read. "
        "Put JUPYTERHUB_ALLOWED_USERS into the hub's secret with oc set data.",
    ]


def test_a_refused_value_is_not_shown_because_it_may_be_secret(load):
    text = "c.GitHubOAuthenticator.client_secret = ['geheim']"
    assert "geheim" not in fault(load, {CONFIG_MAP: text})


@pytest.mark.parametrize(
    "text",
    [
        "c.GitHubOAuthenticator.client_id = 'of an authenticator that is not chosen'",
        "c.JupyterHub.authenticator_class = 'github'\nc.GitHubOAuthenticator.allowed_organizations = "
        "{'jupyter'}",
        "c.Spawner.image = 'a setting of a class below'",
        "c.Authenticator.whitelist = {'an old name that JupyterHub still knows'}",
        "c.KubeSpawner.user_storage_class = 'an old name that KubeSpawner still knows'",
        "c.OpenShiftSpawner.mem_limit = '1G'",
        "c.KubeSpawner.profile_list = [{'display_name': 'A', 'kubespawner_override': {'image_spec': 'a'}}]",
        "c.KubeSpawner.profile_list = lambda spawner: []",
        "c.JupyterHub.load_roles.append({'name': 'x'})",
        "c.SeparateProxy.watch_interval = 0.5",
        "c.Spawner.cpu_limit = None\nc.Spawner.mem_limit = None\nc.KubeSpawner.gid = None",
        "c.KubeSpawner.storage_class = None\nc.KubeSpawner.working_dir = None",
        "c.Spawner.pre_spawn_hook = None\nc.KubeSpawner.modify_pod_hook = None",
        "c.Spawner.mem_limit = '1.5G'\nc.Spawner.cpu_limit = 0.5",
        "c.KubeSpawner.volumes.append({'name': 'a', 'emptyDir': {}})",
        "c.KubeSpawner.volume_mounts.extend([{'name': 'a', 'mountPath': '/a'}])",
        "c.KubeSpawner.environment = {}\nc.KubeSpawner.environment['X'] = 'y'",
        "c.KubeSpawner.environment.update({'A': '1'})",
        "async def hook(spawner, pod):\n    return pod\n\nc.KubeSpawner.modify_pod_hook = hook",
        "from kubespawner import KubeSpawner\nfrom traitlets import Int\n"
        "class Mine(KubeSpawner):\n    level = Int(config=True)\n"
        "c.JupyterHub.spawner_class = Mine\nc.Mine.level = 3",
    ],
)
def test_settings_that_jupyterhub_accepts_pass_the_check(load, text):
    load({CONFIG_MAP: text})


def test_an_image_build_skips_values_that_need_a_variable_of_the_deployment(load, tmp_path, capfd):
    text = "import os\nc.GitHubOAuthenticator.client_id = os.environ['GITHUB_ID']\n"
    load({IMAGE: text}, building=True)
    assert capfd.readouterr().err.splitlines()[1] == (
        f"[jupyterhub-openshift] {tmp_path}/{IMAGE}, line 2: needs the environment variable 'GITHUB_ID', "
        "which is set only in a deployment; in the rest of the file only names are checked"
    )


def test_an_image_build_still_checks_the_names_of_settings_after_a_missing_variable(load, tmp_path):
    text = (
        "import os\n"
        "c.GitHubOAuthenticator.client_idd = os.environ['GITHUB_ID']\n"
        "from kubespawner import KubeSpawner\n"
        "class Mine(KubeSpawner): pass\n"
        "c.Mine.image = 'of a class that is not yet there'\n"
        "c.KubeSpawner.singleuser_uid = 1001\n"
    )
    assert fault(load, {IMAGE: text}, building=True).splitlines() == [
        f"{tmp_path}/{IMAGE}, line 2: c.GitHubOAuthenticator.client_idd is not a setting. "
        "Did you mean c.GitHubOAuthenticator.client_id?",
        f"{tmp_path}/{IMAGE}, line 6: c.KubeSpawner.singleuser_uid has no effect. "
        "Write c.KubeSpawner.uid instead.",
    ]


def test_a_deployment_needs_every_variable_that_a_file_reads(load, tmp_path):
    """The example names the secret, because `oc set env` leaves out the init container."""
    text = "import os\nc.GitHubOAuthenticator.client_id = os.environ['GITHUB_ID']\n"
    assert fault(load, {IMAGE: text}, application_name="ws") == (
        f"{tmp_path}/{IMAGE}, line 2: c.GitHubOAuthenticator.client_id: "
        "needs the environment variable 'GITHUB_ID', which is not set. "
        "An example that works: oc set data secret/ws GITHUB_ID=..."
    )
