"""Remove the service links that Kubernetes injects into a container, several for each service of the project.

Our templates turn them off (`enableServiceLinks: false`). They still reach a hub that is deployed otherwise:
by the first quickstart's template, whose image change trigger rolls out this image, or by a plain
`oc new-app jupyterhub` or `oc create deployment`. Their names start with the name of a service, which is
usually `jupyterhub`, so they would be refused as unknown settings.

A service `jupyterhub-db` on port 5432 injects

    JUPYTERHUB_DB_SERVICE_HOST=172.30.1.2          JUPYTERHUB_DB_PORT=tcp://172.30.1.2:5432
    JUPYTERHUB_DB_SERVICE_PORT=5432                JUPYTERHUB_DB_PORT_5432_TCP=tcp://172.30.1.2:5432
    JUPYTERHUB_DB_SERVICE_PORT_POSTGRESQL=5432     JUPYTERHUB_DB_PORT_5432_TCP_ADDR=172.30.1.2  (_PORT,
    _PROTO)

A service `jupyterhub-database` injects a JUPYTERHUB_DATABASE_PORT, which is also the name of a setting. The
value tells them apart: a URL is a service link, a number is the setting. A variable of the pod spec takes
precedence over a service link of the same name.
https://github.com/kubernetes/kubernetes/blob/v1.33.0/pkg/kubelet/envvars/envvars.go
"""

import re
from collections.abc import Mapping

_URL = re.compile(r"(tcp|udp|sctp)://\S+")
_SERVICE = "_SERVICE_HOST"
_LINK = re.compile(r"_SERVICE_HOST|_SERVICE_PORT(_\w+)?|_PORT(_[0-9]+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)?")


def without_service_links(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the service links that Kubernetes injects."""
    services = {name.removesuffix(_SERVICE) for name in environ if name.endswith(_SERVICE)}
    return {name: value for name, value in environ.items() if not _is_link(name, value, services)}


def _is_link(name: str, value: str, services: set[str]) -> bool:
    for service in services:
        if name.startswith(service) and _LINK.fullmatch(rest := name[len(service) :]):
            return rest != "_PORT" or _URL.fullmatch(value) is not None
    return False
