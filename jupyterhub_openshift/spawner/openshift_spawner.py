"""OpenShiftSpawner: KubeSpawner with image streams, group limits and explained failures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timezone
from typing import Any

from aiohttp import ClientError
from kubernetes_asyncio.client import ApiException
from kubespawner import KubeSpawner
from kubespawner.clients import shared_client
from traitlets import Bool, Dict, Unicode

from ..model_trait import ModelDict
from .container_defaults import with_container_defaults
from .group_limits import Limits, ServerUsage, limits_for, refuse_without_room
from .home_volume import with_home_volume, with_volume_setup
from .image_menu import image_profiles, labelled_streams, with_sizes
from .image_streams import resolve_image
from .object_names import object_name
from .progress import as_sentence
from .sizes import Size
from .spawn_failures import SpawnRefused, final_failure, refused, too_slow
from .templates import UnknownPlaceholder, expand

_USER_SERVER = "{user_server}"


async def profiles(spawner: OpenShiftSpawner) -> list[dict[str, Any]]:
    """The KubeSpawner `profile_list` of a user: images and sizes within the limits of the user's groups."""
    streams = await _menu_streams(spawner) if spawner.image_menu else []
    images = image_profiles(streams, spawner.configured_image)
    limits = limits_for(groups_of(spawner.user), spawner.group_limits)
    if not images and not spawner.sizes and not limits:
        return []
    found = with_sizes(images, spawner.configured_image, spawner.sizes, limits.values())
    if not found:
        groups = ", ".join(sorted(groups_of(spawner.user))) or "none"
        raise SpawnRefused(
            f"Your groups ({groups}) may not choose any image of this hub. Ask an administrator of this hub.",
            reason="group",
            status_code=403,
        )
    return found


async def _menu_streams(spawner: OpenShiftSpawner) -> list[Mapping[str, Any]]:
    try:
        return await labelled_streams(spawner.namespace, shared_client("CustomObjectsApi"))
    except ApiException as refusal:
        if refusal.status == 404:
            return []  # the API has no image streams: plain Kubernetes
        raise refused(refusal) from None
    except ClientError as error:
        raise _api_unavailable(error) from None


def groups_of(user: Any) -> frozenset[str]:  # noqa: ANN401 (JupyterHub's User)
    """The names of a user's groups."""
    return frozenset(group.name for group in user.groups)


class OpenShiftSpawner(KubeSpawner):  # type: ignore[misc]
    """Starts notebook pods from image streams and tells the user why a server cannot start.

    All `c.KubeSpawner` settings apply.
    """

    image_menu = Bool(False, config=True, help="Let users choose among the labelled image streams")
    home_volume = Bool(
        False,
        config=True,
        help="Mount each user's volume at the image's home, beside the volumes of a configuration file",
    )
    application_name = Unicode(config=True, help="Value of the label `app` on pods and volumes")
    sizes = ModelDict(Size, config=True, help="Server sizes that users may choose: see spawner/sizes.py")
    group_limits = ModelDict(Limits, config=True, help="Limits per group: see spawner/group_limits.py")

    culling = Dict(
        config=True,
        help="""Environment variables that tell a server when the hub culls it, so that it warns its user and
        reports activity in time. `environment` overrides them.""",
    )

    size = Unicode()  # name of the chosen size
    memory: int | None = None  # memory limit in bytes, kept over a restart of the hub
    _created_uid = ""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.configured_image = self.image  # `image` changes when a user chooses from the menu

    async def load_user_options(self) -> None:
        """Apply the user's choice; refuse one that is no longer offered or exceeds a group limit."""
        self.size = ""
        try:
            await super().load_user_options()
        except (KeyError, ValueError):
            if await self.get_options_form():
                chosen = ", ".join(str(choice) for choice in self.user_options.values())
                raise SpawnRefused(
                    f"This hub no longer offers your last choice ({chosen}). "
                    "Choose again: start the server from the hub's home page.",
                    reason="choice",
                ) from None
            self.user_options: dict[str, str] = {}  # drop a choice from the time when the hub had a menu
            await super().load_user_options()
        self.memory = self.mem_limit
        refuse_without_room(self.usage(), self.image, self.size, self._other_usages(), self.group_limits)

    def usage(self) -> ServerUsage:
        """What this server uses of its groups' limits."""
        return ServerUsage(groups_of(self.user), self.memory)

    def _other_usages(self) -> list[ServerUsage]:
        """The usage of all other running or starting servers."""
        users = self.user.settings.get("users", {}).values()
        spawners = (spawner for user in users for spawner in user.spawners.values())
        return [spawner.usage() for spawner in spawners if spawner.active and spawner is not self]

    def get_state(self) -> dict[str, Any]:
        """Add the memory limit, so that group limits count this server after a restart of the hub."""
        return {**super().get_state(), "memory": self.memory}

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore the memory limit."""
        super().load_state(state)
        self.memory = state.get("memory")

    def _render_options_form(self, profile_list: list[dict[str, Any]]) -> str:
        """Return no form if there is nothing to choose, so that the server starts immediately."""
        if len(profile_list) < 2 and not any(each.get("profile_options") for each in profile_list):
            return ""
        return str(super()._render_options_form(profile_list))

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Yield KubeSpawner's events as sentences for the user."""
        async for step in super().progress():
            yield as_sentence(step)

    def _expand_user_properties(self, template: str, slug_scheme: str | None = None) -> str:
        """Expand `PREFIX{user_server}` with `object_name`; other templates are left to KubeSpawner."""
        prefix, field, rest = template.partition(_USER_SERVER)
        if field and not rest and "{" not in prefix and (slug_scheme or self.slug_scheme) == "safe":
            return object_name(prefix, self.user.name, self.name)
        try:
            expanded: str = super()._expand_user_properties(template, slug_scheme)
        except KeyError as unknown:
            raise UnknownPlaceholder(str(unknown.args[0])) from None
        return expanded

    def _expand_all(self, src: Any) -> Any:  # noqa: ANN401 (KubeSpawner)
        """As upstream, for texts with braces of their own too; see `templates`."""
        return expand(src, super()._expand_all) if isinstance(src, str) else super()._expand_all(src)

    def get_env(self) -> dict[str, str]:
        """Add the culling rules and the time of the start, from which the server computes its end."""
        rules = dict(self.culling)
        if rules and self.orm_spawner and self.orm_spawner.started:
            rules["JUPYTERHUB_STARTED"] = self.orm_spawner.started.replace(tzinfo=timezone.utc).isoformat()
        return {**rules, **super().get_env()}

    def _build_common_labels(self, extra_labels: Mapping[str, str]) -> dict[str, str]:
        """As upstream; the label by which the hub, its network policies and `oc delete` select stays."""
        labels: dict[str, str] = super()._build_common_labels(extra_labels)
        return labels | ({"app": self.application_name} if self.application_name else {})

    async def unresolved_pod_manifest(self) -> Any:  # noqa: ANN401 (V1Pod)
        """Build the pod without asking the API: add what the hub needs, and omit service links by default."""
        pod = with_container_defaults(await super().get_pod_manifest(), self.get_env())
        if self.home_volume:
            pod = with_home_volume(pod, self.pvc_name)
        if pod.spec.enable_service_links is None:
            pod.spec.enable_service_links = False
        return pod

    async def get_pod_manifest(self) -> Any:  # noqa: ANN401 (V1Pod)
        """Resolve the image stream tag in the pod, and set up its volume."""
        pod = await self.unresolved_pod_manifest()
        api = shared_client("CustomObjectsApi")
        pod.spec.containers[0].image = await resolve_image(self.image, self.namespace, api)
        return with_volume_setup(pod)

    async def _start(self) -> str:
        """Start the server; end the start with the reason as soon as the pod cannot run any more."""
        self._created_uid = ""
        starting = asyncio.ensure_future(super()._start())
        watching = asyncio.ensure_future(self._wait_for_failure())
        # End before JupyterHub's own start_timeout, which gives no reason.
        timeout = self.start_timeout * 0.95
        try:
            await asyncio.wait({starting, watching}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                url: str = await starting
                return url
            raise watching.result() if watching.done() else too_slow(self._created_pod(), self.start_timeout)
        except ApiException as refusal:
            raise refused(refusal) from None
        except ClientError as error:
            raise _api_unavailable(error) from None
        except (TimeoutError, asyncio.TimeoutError):  # KubeSpawner's own timeout, up to 10% shorter
            raise too_slow(self._created_pod(), self.start_timeout) from None
        finally:
            starting.cancel()
            watching.cancel()

    async def _wait_for_failure(self) -> SpawnRefused:
        while True:
            if (pod := self._created_pod()) and (reason := final_failure(pod)):
                return reason
            await asyncio.sleep(0.5)

    def _created_pod(self) -> dict[str, Any] | None:
        """The current state of this start's pod; None while an earlier pod has its name."""
        pods = self.pod_reflector.pods if self.pod_reflector else {}
        pod: dict[str, Any] = pods.get(f"{self.namespace}/{self.pod_name}") or {}
        return pod if pod and pod["metadata"]["uid"] == self._created_uid else None

    async def _make_create_pod_request(self, pod: Any, request_timeout: int) -> bool:  # noqa: ANN401 (V1Pod)
        """Create the pod; return False to try again, also when the API is unavailable or overloaded.

        KubeSpawner logs a refused pod together with the API token in its environment; this does not.
        """
        self.log.info("Creating pod %s/%s", self.namespace, pod.metadata.name)
        try:
            created = await asyncio.wait_for(
                self.api.create_namespaced_pod(self.namespace, pod), request_timeout
            )
        except (ClientError, TimeoutError, asyncio.TimeoutError) as error:
            self.log.warning(
                "Pod %s could not be created: %s", pod.metadata.name, str(error) or "no answer in time"
            )
            return False
        except ApiException as refusal:
            if refusal.status == 409:  # a pod with this name still exists
                await self.stop(True)
            elif refusal.status != 429 and refusal.status < 500:
                raise
            return False
        self._created_uid = created.metadata.uid
        return True


def _api_unavailable(error: ClientError) -> SpawnRefused:
    return SpawnRefused(
        f"The cluster's API does not answer ({error}). Try again in a minute.",
        reason="cluster",
        status_code=503,
    )
