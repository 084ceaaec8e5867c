"""Keep requests within the cluster off the company's proxy.

Variables such as HTTPS_PROXY come from the deployment, or from a BuildConfig, whose environment stays in the
image. The client of the API reads them, and so does code in hooks. Python compares NO_PROXY with host names
and addresses, and does not understand the networks (10.0.0.0/8) in OpenShift's own proxy settings. So the
hosts of the cluster are added one by one.
"""

from collections.abc import Mapping, MutableMapping

PROXIES = ("http_proxy", "https_proxy", "all_proxy")
IN_CLUSTER = ("localhost", "127.0.0.1", "::1", ".svc", ".cluster.local")


def bypass_proxy(environ: MutableMapping[str, str]) -> None:
    """Add the cluster's hosts to NO_PROXY, if a proxy is set."""
    names = {name.lower() for name, value in environ.items() if value}
    if names.intersection(PROXIES):
        hosts = no_proxy(environ)
        environ["NO_PROXY"] = environ["no_proxy"] = hosts  # programs read one or the other


def no_proxy(environ: Mapping[str, str]) -> str:
    """Return the user's exceptions and the cluster's hosts."""
    own = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if own.strip() == "*":
        return "*"
    name = environ.get("APPLICATION_NAME") or "jupyterhub"
    services = (name, f"{name}-proxy", f"{name}-db", environ.get("JUPYTERHUB_DATABASE_HOST", ""))
    hosts = [*own.split(","), environ.get("KUBERNETES_SERVICE_HOST", ""), *services, *IN_CLUSTER]
    return ",".join(dict.fromkeys(host.strip() for host in hosts if host.strip()))
