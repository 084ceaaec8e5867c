"""Whose certificates are believed: the cluster's, the system's, and those that the cluster's admins added.

| file | what is in it |
|---|---|
| the system's | public certificate authorities |
| `ca.crt` of the service account | the API's, and the router's unless its certificate was replaced |
| `/opt/app-root/etc/trusted-ca/ca-bundle.crt` | the company's: a config map that OpenShift fills |

That config map has the label `config.openshift.io/inject-trusted-cabundle=true`.
"""

import ssl
from collections.abc import Sequence
from pathlib import Path

from ..errors import StartupError
from .api import SERVICE_ACCOUNT

BUNDLES = (SERVICE_ACCOUNT / "ca.crt", Path("/opt/app-root/etc/trusted-ca/ca-bundle.crt"))


class BundleError(StartupError):
    """A file of certificates that cannot be read."""


def trusted(bundles: Sequence[Path] = BUNDLES) -> ssl.SSLContext:
    """All of them together; what is not there, or not filled in yet, is left out."""
    context = ssl.create_default_context()
    for bundle in bundles:
        try:
            certificates = bundle.read_text()
        except FileNotFoundError:
            continue
        if certificates.strip():
            try:
                context.load_verify_locations(cadata=certificates)
            except (ssl.SSLError, ValueError) as error:
                raise BundleError(f"{bundle} has no usable certificates ({error})") from None
    return context
