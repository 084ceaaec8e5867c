"""The certificate authorities that the hub trusts.

| file | certificate authorities |
|---|---|
| the system's bundle | public ones |
| `ca.crt` of the service account | the API's, and the router's unless its certificate was replaced |
| `/opt/app-root/etc/trusted-ca/ca-bundle.crt` | the organization's, from a config map that OpenShift fills |

OpenShift fills config maps that have the label `config.openshift.io/inject-trusted-cabundle=true`.
"""

import ssl
from collections.abc import Sequence
from pathlib import Path

from ..errors import StartupError
from .api import SERVICE_ACCOUNT

BUNDLES = (SERVICE_ACCOUNT / "ca.crt", Path("/opt/app-root/etc/trusted-ca/ca-bundle.crt"))


class BundleError(StartupError):
    """A bundle has no usable certificates."""


def trusted(bundles: Sequence[Path] = BUNDLES) -> ssl.SSLContext:
    """Return an SSL context that trusts all of them; missing and empty files are skipped."""
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
