"""KubeSpawner, and what it lacks on OpenShift."""

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
from .group_limits import Limits, Server, limits_for, refuse_without_room
from .home_volume import with_volume_setup
from .image_menu import labelled_streams, menu, with_sizes
from .image_streams import resolve_image
from .object_names import object_name
from .progress import readable
from .sizes import Size
from .spawn_failures import SpawnRefused, hopeless, refused, too_slow

_SLOT = "{user_server}"


async def profiles(spawner: OpenShiftSpawner) -> list[dict[str, Any]]:
    """What the user may choose, as KubeSpawner's `profile_list`."""
    images = menu(await _streams(spawner), spawner.configured_image) if spawner.image_menu else []
    limits = limits_for(groups_of(spawner.user), spawner.group_limits)
    if not images and not spawner.sizes and not limits:
        return []
    found = with_sizes(images, spawner.configured_image, spawner.sizes, limits.values())
    if not found:
        groups = ", ".join(sorted(groups_of(spawner.user))) or "none"
        raise SpawnRefused(
            f"Your groups ({groups}) may choose nothing that this hub has. Ask those who run it.",
            reason="group",
            status_code=403,
        )
    return found


async def _streams(spawner: OpenShiftSpawner) -> list[Mapping[str, Any]]:
    try:
        return await labelled_streams(spawner.namespace, shared_client("CustomObjectsApi"))
    except ApiException as refusal:
        if refusal.status == 404:
            return []  # no image streams at all: this is not an OpenShift
        raise refused(refusal) from None
    except ClientError as error:
        raise _away(error) from None


def groups_of(user: Any) -> frozenset[str]:  # noqa: ANN401 (JupyterHub's User)
    """The names of a user's groups."""
    return frozenset(group.name for group in user.groups)


class OpenShiftSpawner(KubeSpawner):  # type: ignore[misc]
    """Starts notebook pods from image streams, and says in a sentence why one cannot start.

    `c.KubeSpawner` settings apply to it.
    """

    image_menu = Bool(False, config=True, help="Let users choose among the labelled image streams")
    sizes = ModelDict(Size, config=True, help="What users may choose from: see spawner/sizes.py")
    group_limits = ModelDict(Limits, config=True, help="By group: see spawner/group_limits.py")

    culling = Dict(
        config=True,
        help="""When the hub stops servers, as variables for each server, which warns in its page and reports
        its activity in time. `environment` goes before it.""",
    )

    size = Unicode()  # the chosen one's name
    memory: int | None = None  # bytes that this server may use, also after a restart of the hub
    _created_uid = ""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.configured_image = self.image  # a choice from the menu changes `image`

    async def load_user_options(self) -> None:
        """As upstream; then a choice that is gone, or a group without room, is told."""
        self.size = ""
        try:
            await super().load_user_options()
        except (KeyError, ValueError):
            if await self.get_options_form():
                chosen = ", ".join(str(choice) for choice in self.user_options.values())
                raise SpawnRefused(
                    f"What was chosen ({chosen}) is not offered any more. "
                    "Choose anew: start the server from the hub's home page.",
                    reason="choice",
                ) from None
            self.user_options: dict[str, str] = {}  # chosen last, when there still was a choice
            await super().load_user_options()
        self.memory = self.mem_limit
        refuse_without_room(self.counted(), self.image, self.size, self._others(), self.group_limits)

    def counted(self) -> Server:
        """What this server counts for in the limits of groups."""
        return Server(groups_of(self.user), self.memory)

    def _others(self) -> list[Server]:
        """All other servers that run or start."""
        users = self.user.settings.get("users", {}).values()
        spawners = (spawner for user in users for spawner in user.spawners.values())
        return [spawner.counted() for spawner in spawners if spawner.active and spawner is not self]

    def get_state(self) -> dict[str, Any]:
        """As upstream, and what the server counts for while a new hub has not seen its user's choice."""
        return {**super().get_state(), "memory": self.memory}

    def load_state(self, state: dict[str, Any]) -> None:
        """As upstream."""
        super().load_state(state)
        self.memory = state.get("memory")

    def _render_options_form(self, profile_list: list[dict[str, Any]]) -> str:
        """As upstream, but nobody is asked where there is nothing to choose."""
        if len(profile_list) < 2 and not any(each.get("profile_options") for each in profile_list):
            return ""
        return str(super()._render_options_form(profile_list))

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """As upstream, in sentences."""
        async for step in super().progress():
            yield readable(step)

    def _expand_user_properties(self, template: str, slug_scheme: str | None = None) -> str:
        """Templates `text{user_server}` are names of objects and follow `names`; the rest is upstream's."""
        prefix, slot, rest = template.partition(_SLOT)
        if slot and not rest and "{" not in prefix and (slug_scheme or self.slug_scheme) == "safe":
            return object_name(prefix, self.user.name, self.name)
        expanded: str = super()._expand_user_properties(template, slug_scheme)
        return expanded

    def get_env(self) -> dict[str, str]:
        """As upstream, and what the server must know of culling: the rules, and since when they count."""
        rules = dict(self.culling)
        if rules and self.orm_spawner and self.orm_spawner.started:
            rules["JUPYTERHUB_STARTED"] = self.orm_spawner.started.replace(tzinfo=timezone.utc).isoformat()
        return {**rules, **super().get_env()}

    async def get_pod_manifest(self) -> Any:  # noqa: ANN401 (V1Pod)
        """As upstream, with the image that the image stream has at this moment.

        And no list of the project's services, unless `extra_pod_config` asks for it.
        """
        pod = await super().get_pod_manifest()
        if pod.spec.enable_service_links is None:
            pod.spec.enable_service_links = False
        api = shared_client("CustomObjectsApi")
        pod.spec.containers[0].image = await resolve_image(self.image, self.namespace, api)
        return with_volume_setup(pod)

    async def _start(self) -> str:
        """As upstream, but a pod that cannot run ends the wait, and the user is told why."""
        self._created_uid = ""
        starting = asyncio.ensure_future(super()._start())
        watching = asyncio.ensure_future(self._until_hopeless())
        # JupyterHub itself gives up at start_timeout, without a reason.
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
            raise _away(error) from None
        except (TimeoutError, asyncio.TimeoutError):  # upstream's own, at up to a tenth less than the timeout
            raise too_slow(self._created_pod(), self.start_timeout) from None
        finally:
            starting.cancel()
            watching.cancel()

    async def _until_hopeless(self) -> SpawnRefused:
        while True:
            if (pod := self._created_pod()) and (reason := hopeless(pod)):
                return reason
            await asyncio.sleep(0.5)

    def _created_pod(self) -> dict[str, Any] | None:
        """The pod of this start as the cluster shows it; never one of the same name from before."""
        pods = self.pod_reflector.pods if self.pod_reflector else {}
        pod: dict[str, Any] = pods.get(f"{self.namespace}/{self.pod_name}") or {}
        return pod if pod and pod["metadata"]["uid"] == self._created_uid else None

    async def _make_create_pod_request(self, pod: Any, request_timeout: int) -> bool:  # noqa: ANN401 (V1Pod)
        """As upstream, except that it logs a refused pod, with the server's token in its environment.

        Also tries again when the API is away or overloaded. False: try again.
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
            if refusal.status == 409:  # a pod of that name is still there
                await self.stop(True)
            elif refusal.status != 429 and refusal.status < 500:
                raise
            return False
        self._created_uid = created.metadata.uid
        return True


def _away(error: ClientError) -> SpawnRefused:
    return SpawnRefused(
        f"The cluster does not answer ({error}). Try again in a minute.", reason="cluster", status_code=503
    )
