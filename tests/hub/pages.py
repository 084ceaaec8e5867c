"""A real hub with an image menu and recorded answers of a cluster, for tests of the pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from tests.paths import CHECKOUT

from .browser import Browser
from .hub_process import hub_at, kubeconfig
from .image_streams import stream
from .proxy_process import ProxyProcess
from .spawner.failing_pods import recordings, replay
from .standin import StandIn

RECORDINGS = recordings()
API = "/api/v1/namespaces/default"
TITLE = "Physics notebooks"
LOGO = """
<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" fill="none" stroke="#8a63d2" stroke-width="2">
  <circle cx="20" cy="20" r="3"/>
  <ellipse cx="20" cy="20" rx="17" ry="7"/>
  <ellipse cx="20" cy="20" rx="17" ry="7" transform="rotate(60 20 20)"/>
  <ellipse cx="20" cy="20" rx="17" ry="7" transform="rotate(120 20 20)"/>
</svg>
"""
CONNECTIONS = [
    {
        "metadata": {
            "name": name,
            "labels": {"hub.jupyter.org/connection": "true"},
            "annotations": {"openshift.io/display-name": title, "openshift.io/description": text, **more},
        }
    }
    for name, title, text, more in (
        ("measurements", "Measurements", "The bucket of the lab, since 2019.", {}),
        ("accounts", "Accounts", "", {"hub.jupyter.org/groups": "accounting"}),
    )
]
# As in the image, but with the user's files in a folder of the test.
CONFIG = """
from pathlib import Path
from jupyterhub_openshift import configure
from jupyterhub_openshift.config_files import loader

root = Path({root!r})
configure.USER_TEMPLATES = str(root / "src/templates")
loader.load_config_files.__defaults__ = (root,)
exec(compile(Path({config!r}).read_text(), {config!r}, "exec"))
"""
OWN_CONFIG = """
from jupyterhub_openshift.spawner.openshift_spawner import profiles
c.JupyterHub.template_vars = {{"announcement_home": "Maintenance on Friday, 18:00"}}
c.DummyAuthenticator.password = "moon"
c.OpenShiftSpawner.sizes = {{"Small": {{"memory": "1Gi"}}, "Large": {{"memory": "4Gi"}}}}
async def with_any_size(spawner):
    found = await profiles(spawner)
    other = {{"enabled": True, "display_name": "GiB", "validation_regex": "^[0-9]+$"}}
    for profile in found:
        profile["profile_options"]["size"]["unlisted_choice"] = {{**other, "kubespawner_override": {{}}}}
    return found
c.KubeSpawner.profile_list = with_any_size
service = {{"name": "grades", "url": {url!r}, "api_token": "t" * 32, "oauth_client_id": "service-grades"}}
c.JupyterHub.services = [service]
scopes = ["self", "access:services", "shares!user", "read:users:name!user=alice"]
c.JupyterHub.load_roles = [{{"name": "user", "scopes": scopes}}]
"""
OWN_TEMPLATES = {
    "404.html": """
{% extends "openshift/page.html" %}
{% block main %}<main class="narrow card"><h1>No such star</h1></main>{% endblock %}
""",
    # Make our logout and 404 pages reachable at /hub/error/STATUS.
    "405.html": '{% extends "logout.html" %}',
    "406.html": '{% extends "openshift/404.html" %}',
}


@contextmanager
def hub_with_pages(
    folder: Path, proxy: ProxyProcess, recorded: dict[str, dict]
) -> Iterator[tuple[str, Project]]:
    """Run a hub; yield its URL and its project."""
    own = folder / "src"
    (own / "templates").mkdir(parents=True)
    for name, text in OWN_TEMPLATES.items():
        (own / "templates" / name).write_text(text)
    service = f"http://127.0.0.1:{proxy.api_port}"  # any server that answers
    (own / "jupyterhub_config.py").write_text(OWN_CONFIG.format(url=service))
    (folder / "logo.svg").write_text(LOGO)
    config = folder / "config.py"
    config.write_text(CONFIG.format(root=str(folder), config=str(CHECKOUT / "jupyterhub_config.py")))
    with StandIn(folder) as api:
        environ = {
            "KUBECONFIG": str(kubeconfig(api, folder)),
            "JUPYTERHUB_AUTHENTICATOR": "dummy",
            "JUPYTERHUB_ALLOW": "everyone",
            "JUPYTERHUB_ADMIN_USERS": "alice",
            "JUPYTERHUB_NAMED_SERVERS": "3",
            "JUPYTERHUB_QUEUE_LENGTH": "0",  # bob is refused
            "JUPYTERHUB_NOTEBOOK_MENU": "on",
            "JUPYTERHUB_TITLE": TITLE,
            "JUPYTERHUB_LOGO": str(folder / "logo.svg"),
        }
        project = Project(api, recorded)
        with hub_at(proxy, folder, config=config, **environ) as project.log:
            url = f"http://127.0.0.1:{proxy.port}"
            Browser().get_until(f"{url}/hub/login", "Log in")
            yield url, project


class Project:
    """A project whose pods never become ready; bob's pods exceed the quota, and R has no image stream."""

    def __init__(self, api: StandIn, recorded: dict[str, dict]) -> None:
        self.api, self.recorded = api, recorded
        self.pods: list[dict] = []
        self.removes_pods = True
        self.log = Path()  # of the hub
        self.events: list[dict] = []
        empty = {"metadata": {"resourceVersion": "1"}}
        api.answers["GET", f"{API}/pods"] = lambda _: (200, {**empty, "items": self.pods})
        api.answers["GET", f"{API}/events"] = lambda _: (200, {**empty, "items": self.events})
        for kind, items in (("persistentvolumeclaims", []), ("secrets", CONNECTIONS)):
            api.answers["GET", f"{API}/{kind}"] = (200, {**empty, "items": items})
        api.answers["POST", f"{API}/pods"] = self.create_pod
        streams = "/apis/image.openshift.io/v1/namespaces/default/imagestreams"
        menu = [
            described(recorded, "minimal-notebook:3.12", "Minimal", "JupyterLab and Python, nothing else."),
            described(
                recorded, "scipy-notebook:3.12", "Scientific Python", "With NumPy, pandas, Matplotlib."
            ),
            described(recorded, "r-notebook:4.5", "R", ""),
        ]
        api.answers["GET", streams] = (200, {**empty, "items": menu})
        for one in menu[:2]:
            api.answers["GET", f"{streams}/{one['metadata']['name']}"] = (200, one)
        missing = recorded["image stream not found"]
        api.answers["GET", f"{streams}/r-notebook"] = (missing["status"], missing["response"])

    def create_pod(self, pod: dict) -> tuple[int, dict]:
        name = pod["metadata"]["name"]
        if name.endswith("-bob"):
            refusal = self.recorded["create pod over the quota"]
            return refusal["status"], refusal["response"]
        created = deepcopy(self.recorded["create pod"]["response"])
        created["metadata"] |= {**pod["metadata"], "namespace": "default"}
        created["status"] = last_status("readiness-fails")
        self.pods.append(created)
        for event in events():
            event["involvedObject"]["name"] = name
            self.events.append(event)
        self.api.answers["DELETE", f"{API}/pods/{name}"] = lambda _: self.delete_pod(created)
        return 201, created

    def delete_pod(self, pod: dict) -> tuple[int, dict]:
        if self.removes_pods:
            self.pods.remove(pod)
        return 200, pod

    def fail_pods(self, cause: str) -> None:
        """Let all pods fail as in a recording."""
        for pod in self.pods:
            pod["status"] = last_status(cause)
            log = f"{API}/pods/{pod['metadata']['name']}/log"
            self.api.answers["GET", log] = (200, RECORDINGS[cause]["log"])


def last_status(cause: str) -> dict:
    """The status of a recorded pod in the end."""
    *_, last = replay(RECORDINGS[cause])
    return deepcopy(last.pod["status"])


def described(recorded: dict[str, dict], image: str, title: str, text: str) -> dict:
    """An image stream for the menu."""
    name, _, tag = image.partition(":")
    one = stream(recorded, name, tag, **{"openshift.io/display-name": title, "description": text})
    one["metadata"]["namespace"] = "default"
    return one


def events() -> list[dict]:
    """The recorded events of a healthy pod."""
    lines = (CHECKOUT / "tests/sandbox/apiserver/recordings.jsonl").read_text().splitlines()
    return next(
        deepcopy(record["response"]["items"])
        for record in map(json.loads, lines)
        if record["name"] == "events of a pod"
    )
