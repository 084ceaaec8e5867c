"""The variables that Kubernetes puts into every container for each service of the project.

For a service `jupyterhub-db` on port 5432 these are

    JUPYTERHUB_DB_SERVICE_HOST=172.30.1.2          JUPYTERHUB_DB_PORT=tcp://172.30.1.2:5432
    JUPYTERHUB_DB_SERVICE_PORT=5432                JUPYTERHUB_DB_PORT_5432_TCP=tcp://172.30.1.2:5432
    JUPYTERHUB_DB_SERVICE_PORT_POSTGRESQL=5432     JUPYTERHUB_DB_PORT_5432_TCP_ADDR=172.30.1.2  (_PORT,
    _PROTO)

A service `jupyterhub-database` therefore brings a JUPYTERHUB_DATABASE_PORT that is not the setting of that
name. It is told apart by its value: a link's `_PORT` is a URL, a setting's is a number. (What a pod spec
sets wins over a link.)
https://github.com/kubernetes/kubernetes/blob/v1.33.0/pkg/kubelet/envvars/envvars.go
"""

import re
from collections.abc import Mapping

_URL = re.compile(r"(tcp|udp|sctp)://\S+")
_SERVICE = "_SERVICE_HOST"
_LINK = re.compile(r"_SERVICE_HOST|_SERVICE_PORT(_\w+)?|_PORT(_[0-9]+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)?")


def without_service_links(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment less what Kubernetes added for services."""
    services = {name.removesuffix(_SERVICE) for name in environ if name.endswith(_SERVICE)}
    return {name: value for name, value in environ.items() if not _is_link(name, value, services)}


def _is_link(name: str, value: str, services: set[str]) -> bool:
    for service in services:
        if name.startswith(service) and _LINK.fullmatch(rest := name[len(service) :]):
            return rest != "_PORT" or _URL.fullmatch(value) is not None
    return False
