"""A real hub and server with the variables that images, builds, `oc set env` and admission add to a pod."""

from __future__ import annotations

from .browser import Browser, read
from .hub_process import hub_at
from .local_servers import HubApi, write_config
from .proxy_process import running
from .settings.links import links

NOBODY = "http://127.0.0.1:1"  # a proxy that answers nothing
SERVICE_LINKS = {
    **links("jupyterhub"),
    **links("jupyterhub-proxy", 8001, "api"),
    **links("jupyterhub-db", 5432, "postgresql"),
    **links("configproxy", 8080),
}
IMAGE_AND_BUILD = {
    "PIP_INDEX_URL": "https://mirror.example.org/simple",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "UV_INDEX_URL": "https://mirror.example.org/simple",
    "OPENSHIFT_BUILD_NAME": "jupyterhub-1",
    "OPENSHIFT_BUILD_SOURCE": "https://github.com/you/hub",
    "STI_SCRIPTS_PATH": "/usr/libexec/s2i",
    "PYTHON_VERSION": "3.12",
    "APP_ROOT": "/opt/app-root",
    "BASH_ENV": "/opt/app-root/bin/activate",
    "NSS_WRAPPER_PASSWD": "/opt/app-root/etc/passwd",
    "NSS_WRAPPER_GROUP": "/etc/group",
}
LOCALE = {"LANG": "C", "LC_ALL": "C", "TZ": "Asia/Kathmandu"}
PROXY = {"HTTP_PROXY": NOBODY, "HTTPS_PROXY": NOBODY, "NO_PROXY": ".example.org,10.0.0.0/8"}


def test_hub_and_server_start_and_a_person_with_an_umlaut_gets_in(tmp_path, configurable_http_proxy):
    environ = {
        **SERVICE_LINKS,
        **IMAGE_AND_BUILD,
        **LOCALE,
        **PROXY,
        "JUPYTERHUB_AUTHENTICATOR": "dummy",
        "JUPYTERHUB_ALLOW": "everyone",
        "JUPYTERHUB_TITLE": "Übungen",
    }
    config = write_config(tmp_path)
    with running(configurable_http_proxy) as proxy, hub_at(proxy, tmp_path, config=config, **environ) as log:
        hub = HubApi(f"http://127.0.0.1:{proxy.port}")
        Browser().get_until(f"{hub.url}/hub/api/", "version")
        assert "Übungen" in read(Browser().log_in(hub.url, "jörg"))
        hub.create_user("alice")
        hub.new_token("alice")
        hub.start_server("alice", "alice")
        assert hub.enters("alice", "alice")
        text = log.read_text()
    assert "Traceback" not in text
    assert "jörg" in text
