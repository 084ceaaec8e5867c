from hypothesis import given
from hypothesis import strategies as st

from jupyterhub_openshift.settings.service_links import without_service_links

from .links import links

labels = st.from_regex(r"[a-z]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)


def test_the_service_links_of_several_hubs_are_removed():
    environ = {"HOME": "/opt/app-root/src", "JUPYTERHUB_IDLE_TIMEOUT": "60"}
    services = [
        name + part for name in ("jupyterhub", "jakevdp", "jupyterhub-two") for part in ("", "-proxy", "-db")
    ]
    for service in services:
        environ |= links(service)
    assert without_service_links(environ) == {"HOME": "/opt/app-root/src", "JUPYTERHUB_IDLE_TIMEOUT": "60"}


def test_the_link_of_a_service_jupyterhub_database_is_not_the_database_port():
    assert without_service_links(links("jupyterhub-database", 5432)) == {}


def test_a_database_port_set_by_the_deployment_is_kept_beside_a_service_of_that_name():
    environ = links("jupyterhub-database", 5432) | {"JUPYTERHUB_DATABASE_PORT": "6432"}
    assert without_service_links(environ) == {"JUPYTERHUB_DATABASE_PORT": "6432"}


def test_a_variable_that_looks_like_a_link_is_kept_without_such_a_service():
    environ = {"JUPYTERHUB_DATABASE_PORT": "tcp://172.30.1.2:5432"}
    assert without_service_links(environ) == environ


@given(st.lists(labels), st.integers(1, 65535), labels)
def test_only_service_links_are_removed_whatever_the_services(services, port, name):
    own = {"PATH": "/usr/bin", "JUPYTERHUB_MAX_SERVERS": "3"}
    environ = dict(own)
    for service in services:
        environ |= links(service, port, name.replace("-", "_"))
    assert without_service_links(environ) == own
