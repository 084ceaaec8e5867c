"""The preflight on the admin page of a real hub."""

from __future__ import annotations

import re

from traitlets.config import Config

from jupyterhub_openshift.cluster.api import find_cluster
from jupyterhub_openshift.cluster.project import Project
from jupyterhub_openshift.inputs import Inputs
from jupyterhub_openshift.preflight import page
from jupyterhub_openshift.preflight.finding import UNKNOWN, Finding
from jupyterhub_openshift.preflight.page import Report, add_preflight_to_admin_page
from tests.paths import CHECKOUT

from ..browser import Browser
from ..example_settings import settings
from ..hub_process import hub_at
from ..proxy_process import running
from .commands import healthy

ACCOUNT = """
from pathlib import Path
from jupyterhub_openshift.cluster.api import find_cluster
find_cluster.__defaults__ = (Path({account!r}), *find_cluster.__defaults__[1:])
exec(compile(Path({config!r}).read_text(), {config!r}, "exec"))
c.JupyterHub.spawner_class = "simple"  # nothing is started
"""


def test_an_admin_sees_the_findings_and_the_use_of_the_quota(
    api, recorded, tmp_path, configurable_http_proxy
):
    healthy(api, recorded)
    api.answer(recorded["resource quotas"])
    config = tmp_path / "config.py"
    original = str(CHECKOUT / "jupyterhub_config.py")
    config.write_text(ACCOUNT.format(account=str(api.account), config=original))
    environ = {
        **api.environ,
        "JUPYTERHUB_AUTHENTICATOR": "dummy",
        "JUPYTERHUB_ALLOW": "everyone",
        "JUPYTERHUB_ADMIN_USERS": "alice",
        "JUPYTERHUB_NOTEBOOK_MEMORY": "512Mi",
    }
    with running(configurable_http_proxy) as proxy, hub_at(proxy, tmp_path, config=config, **environ):
        browser, url = Browser(), f"http://127.0.0.1:{proxy.port}"
        browser.get_until(f"{url}/hub/login", "Username:")
        browser.log_in(url, "alice")
        text = browser.get(f"{url}/hub/admin")
    shown = text[text.index("Preflight 512 MiB") :]
    assert shown.startswith(
        "Preflight 512 MiB of 700 MiB limits.memory of the quota compute 4 of 6 pods of the quota compute "
    )
    assert (
        "quota: warning No more notebooks of 512 MiB fit: the quota compute has 512 MiB of 700 MiB "
        "limits.memory in use. oc describe quota"
    ) in shown
    assert "route: pass The hub's address is https://jupyterhub-rec.apps.real.test." in shown


def configured(api, monkeypatch) -> Config:
    c = Config()
    c.JupyterHub.template_vars = {"hub_title": "JupyterHub"}
    cluster = find_cluster(api.account, api.environ)
    add_preflight_to_admin_page(c, Inputs(settings(), cluster, Project("rec")))
    return c


async def test_an_api_that_does_not_answer_is_an_unknown_and_not_an_error(api, monkeypatch):
    c = configured(api, monkeypatch)
    report: Report = await c.JupyterHub.template_vars["preflight"].report()
    assert report == Report([Finding("preflight", UNKNOWN, report.findings[0].message)], [])
    assert re.fullmatch(
        r"The cluster's API at https://127\.0\.0\.1:\d+ refuses this pod's service account: 404 404 page not "
        r"found\. Does it have the role `edit`\?",
        report.findings[0].message,
    )


async def test_checks_that_take_long_do_not_hold_the_page(api, monkeypatch):
    c = configured(api, monkeypatch)
    monkeypatch.setattr(page, "TIMEOUT", 0.0)
    report: Report = await c.JupyterHub.template_vars["preflight"].report()
    message = "The checks took more than 0.0 seconds."
    assert report == Report([Finding("preflight", UNKNOWN, message)], [])


def test_outside_of_a_cluster_there_is_no_preflight_on_the_page():
    c = Config()
    add_preflight_to_admin_page(c, Inputs(settings(), None, Project("default", known=False)))
    assert c == {}
