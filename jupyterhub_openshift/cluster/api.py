"""The cluster's API, with the service account of this pod; TLS certificates are always verified."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import aiohttp
import jwt
from kubernetes_asyncio.client import ApiClient, ApiException, Configuration
from kubernetes_asyncio.config import ConfigException, load_incluster_config

from ..errors import StartupError, say
from .no_proxy import bypass_proxy

Answer = TypeVar("Answer")

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
PAUSES = (1, 2, 4, 8, 15, 15, 15)  # seconds between attempts: a minute, then the kubelet restarts the pod
REQUEST_TIMEOUT = 10


@dataclass(frozen=True)
class Cluster:
    """The API and the namespace of this pod."""

    namespace: str
    configuration: Configuration
    pauses: Sequence[float] = PAUSES
    account: str = "default"  # the service account's name

    def ask(self, question: Callable[[ApiClient], Awaitable[Answer]]) -> Answer:
        """Run an asynchronous request from a config file, while JupyterHub's event loop runs already."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, self._ask(question)).result()

    async def _ask(self, question: Callable[[ApiClient], Awaitable[Answer]]) -> Answer:
        async with ApiClient(self.configuration) as client:
            for attempt, pause in enumerate([*self.pauses, None], 1):
                try:
                    return await question(client)
                except (aiohttp.ClientError, TimeoutError, asyncio.TimeoutError) as error:
                    reason = str(error) or type(error).__name__
                except ApiException as error:
                    if error.status and error.status < 500 and error.status != 429:
                        raise ClusterUnreachable(
                            f"The cluster's API at {self.configuration.host} refuses this pod's service "
                            f"account: {error.status} {status_message(error)}. Does it have the role `edit`?"
                        ) from None
                    reason = f"{error.status} {status_message(error)}"
                if pause is None:
                    break
                say(
                    f"The cluster's API at {self.configuration.host} does not answer ({reason}): "
                    f"attempt {attempt} of {len(self.pauses) + 1}, the next in {pause} s"
                )
                await asyncio.sleep(pause)
        raise ClusterUnreachable(
            f"The cluster's API at {self.configuration.host} did not answer in {attempt} attempts; "
            f"the last one said: {reason}. Check the cluster, and the project's network policies."
        )


def status_message(refusal: ApiException) -> str:
    """Return the message of the API's Status object, or the plain text of an answer that is not one."""
    try:
        return str(json.loads(refusal.body)["message"])
    except (TypeError, ValueError, KeyError):
        return str(refusal.body or refusal.reason or "").strip()


class ClusterUnreachable(StartupError):
    """The cluster's API does not answer, or refuses this pod's service account."""


def find_cluster(
    account: Path = SERVICE_ACCOUNT,
    environ: MutableMapping[str, str] = os.environ,
    pauses: Sequence[float] = PAUSES,
) -> Cluster | None:
    """Return the cluster that this pod runs in; None outside of a cluster, as in an image build.

    From then on, requests to the cluster do not go through a proxy of the environment.
    """
    if not environ.get("KUBERNETES_SERVICE_HOST"):
        return None
    bypass_proxy(environ)
    configuration = Configuration()
    try:
        load_incluster_config(
            configuration,
            token_filename=str(account / "token"),
            cert_filename=str(account / "ca.crt"),
            environ=dict(environ),
        )
        namespace = (account / "namespace").read_text().strip()
    except (ConfigException, OSError) as error:
        raise ClusterUnreachable(
            f"This pod has no usable service account in {account} ({error}); the hub needs one. "
            "An example that works, in the deployment: serviceAccountName: jupyterhub"
        ) from None
    return Cluster(namespace, configuration, pauses, _account_name(account / "token"))


def _account_name(token_file: Path) -> str:
    """Return the last part of the token's subject, `system:serviceaccount:PROJECT:NAME`."""
    try:
        token = jwt.decode(token_file.read_text().strip(), options={"verify_signature": False})
    except (OSError, jwt.InvalidTokenError):
        return "default"
    return str(token.get("sub", "default")).rpartition(":")[2]
