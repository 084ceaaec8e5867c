"""OpenShiftSpawner: KubeSpawner with image streams, group limits and explained failures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from aiohttp import ClientError
from jupyterhub.handlers.pages import SpawnHandler
from jupyterhub.utils import maybe_future, url_path_join, wait_for_http_server
from kubernetes_asyncio.client import ApiException
from kubespawner import KubeSpawner
from kubespawner.clients import shared_client
from tornado.web import HTTPError
from traitlets import Bool, Dict, Enum, Integer, Unicode, default

from ..errors import ConfigurationFault
from ..model_trait import ModelDict
from ..tracebacks import own_lines
from .api_refusals import refused
from .container_defaults import with_container_defaults, with_groups, with_start_command
from .diagnosis import DELETED, FailureTimer, Problem, diagnose
from .group_limits import Limits, ServerUsage, limits_for, refuse_without_room
from .home_volume import notebook_container, with_home_in_pod, with_home_volume, with_volume_setup
from .image_contracts import CONTRACTS, MINIMAL_NOTEBOOK, Contract, ImageConfig, contract_of
from .image_menu import image_profiles, labelled_streams, with_sizes
from .image_streams import ResolvedImage, read_config, resolve_image
from .object_names import object_name
from .own_packages import WITHOUT, with_packages_option
from .pod_reader import claim_names, event_time, read_claims, read_log, waits_for_volumes
from .progress import progress_event, waiting_event
from .queue import QUEUE, RETRY, Place, sentence
from .quota_fit import mark_sizes, project_quotas, sizes_without_room
from .shared_data import connections, volumes
from .shared_data.connections import Connection
from .shared_data.form import connection_choices
from .shared_data.offers import offered_connections, offered_volumes
from .sizes import Size, with_node_choice
from .spawn_failures import (
    NoRoom,
    SpawnRefused,
    WithoutTraceback,
    api_unavailable,
    failure,
    hook_failed,
    ignore_reported_failures,
    no_answer,
    refuse_other_version,
    too_slow,
)
from .start_links import StartLink, preselected, sentences, take_parameters
from .start_overview import OVERVIEW
from .templates import UnknownPlaceholder, expand
from .volume_size import grow_volume
from .watches import WATCHES, EventWatch, PodWatch, has_failed, pod_exists

_WITHOUT_TRACEBACK = WithoutTraceback()
COMPONENT = {"component": "singleuser-server"}  # network policies and documented commands select by it
_USER_SERVER = "{user_server}"
NO_LIMIT = 10 * 365 * 24 * 3600  # seconds


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
    offers_choice = len(found) > 1 or bool(spawner.sizes)
    return with_packages_option(found) if spawner.home_volume and offers_choice else found


async def _menu_streams(spawner: OpenShiftSpawner) -> list[Mapping[str, Any]]:
    try:
        return await labelled_streams(spawner.namespace, shared_client("CustomObjectsApi"))
    except ApiException as refusal:
        if refusal.status == 404:
            return []  # the API has no image streams: plain Kubernetes
        raise refused(refusal) from None
    except ClientError as error:
        raise api_unavailable(error) from None


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
    image_contract = Enum(
        list(CONTRACTS),
        default_value=MINIMAL_NOTEBOOK.name,
        config=True,
        help="How images outside of image streams start: see spawner/image_contracts.py",
    )
    own_packages = Bool(True, config=True, help="Use packages and settings that users have in their homes")
    application_name = Unicode(config=True, help="Value of the label `app` on pods and volumes")
    sizes = ModelDict(Size, config=True, help="Server sizes that users may choose: see spawner/sizes.py")
    group_limits = ModelDict(Limits, config=True, help="Limits per group: see spawner/group_limits.py")

    shared_data = Bool(
        True,
        config=True,
        help="Mount shared volumes, offer connections and pass users' own secrets: see spawner/shared_data",
    )

    queue_length = Integer(
        0, config=True, help="How many servers may wait for room; 0: a server without room is refused"
    )
    queue_idle_timeout = Integer(
        0,
        config=True,
        help="Seconds without activity after which a server ends while others wait for room; 0: never",
    )
    max_servers = Integer(0, config=True, help="How many servers may run while there is a queue; 0: no limit")
    max_starts = Integer(
        0, config=True, help="How many servers may start at the same time while there is a queue; 0: no limit"
    )

    culling = Dict(
        config=True,
        help="""Environment variables that tell a server when the hub culls it, so that it warns its user and
        reports activity in time. `environment` overrides them.""",
    )

    cmd: Any  # KubeSpawner's trait; None: as the image's contract says
    contract: Contract  # of the image of the last start
    size = Unicode()  # name of the chosen size
    memory: int | None = None  # memory limit in bytes, kept over a restart of the hub
    failure: SpawnRefused | None = None  # of the last start, for the pages
    _reported: ClassVar[dict[str, set[str]]] = {}  # logged sentences about labelled objects
    _volume_size: str | None = None
    queued_since = 0.0  # seconds since 1970, while it waits for room or has waited when the hub ended
    _place: Place | None = None  # while it waits or its pod is being created
    _takes_room = False  # this start may create a pod
    _fits = False  # the limits of groups allow this start
    start_timeout: int  # JupyterHub's
    _time_limit = 0  # start_timeout, while JupyterHub's own limit is off
    _link = StartLink()  # the parameters of the link to the spawn page
    _created_uid = ""
    _url = ""  # of the running pod, before the server answers
    _problem: Problem | None = None
    _claims_read = 0.0
    _listening_to = ""  # the pod whose end the hub wants to know
    _polling: asyncio.Future[int | None] | None = None

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        if _WITHOUT_TRACEBACK not in self.log.filters:
            self.log.addFilter(_WITHOUT_TRACEBACK)
        self._claims: list[dict[str, Any]] = []
        self._claim_events: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []  # of pod and claims, at the last look
        self._sizes_without_room: dict[str, str] = {}  # why the menu does not offer them, at the last look
        self._chosen_connections: list[str] = []  # that this user may use
        self._volumes: list[volumes.SharedVolume] = []  # that this user's server mounts
        self.contract = CONTRACTS[self.image_contract].contract(ImageConfig())
        self.configured_image = self.image  # `image` changes when a user chooses from the menu

    async def load_user_options(self) -> None:
        """Apply the user's choice; refuse one that is no longer offered or exceeds a group limit."""
        self.size = ""
        self._chosen_connections = []
        try:
            await super().load_user_options()
        except (KeyError, ValueError):
            if await self.get_options_form():
                chosen = ", ".join(str(each) for each in self.user_options.values() if isinstance(each, str))
                raise SpawnRefused(
                    f"This hub no longer offers your last choice ({chosen}). "
                    "Choose again: start the server from the hub's home page.",
                    reason="choice",
                ) from None
            # Drop a choice from the time when the hub had a menu.
            self.user_options: dict[str, Any] = {
                key: value for key, value in self.user_options.items() if key == connections.OPTION
            }
            await super().load_user_options()
        self.memory = self.mem_limit
        if self.group_limits:  # looking at all other servers was 2 % of a start with 500 of them
            refuse_without_room(self.usage(), self.image, self.size, self._other_usages(), self.group_limits)
        self._fits = True
        if names := connections.chosen(self.user_options):
            connections.refuse_others(names, await self._allowed_connections())
        self._chosen_connections = names

    def usage(self) -> ServerUsage:
        """What this server uses of its groups' limits."""
        return ServerUsage(groups_of(self.user), self.memory)

    def _other_usages(self) -> list[ServerUsage]:
        """The usage of all other servers that run, or whose start the limits allow."""
        return [each.usage() for each in self._other_spawners() if each._fits or each.pending != "spawn"]

    def _other_spawners(self) -> list[Any]:
        """All other servers of the hub that run, start or wait."""
        users = self.user.settings.get("users", {}).values()
        spawners = (spawner for user in users for spawner in user.spawners.values())
        return [spawner for spawner in spawners if spawner.active and spawner is not self]

    def get_state(self) -> dict[str, Any]:
        """Add what a restart of the hub must not lose: see `load_state`."""
        state = {**super().get_state(), "memory": self.memory, "volume_size": self._volume_size}
        return state | ({"queued_since": self.queued_since} if self.queued_since else {})

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore the memory limit, which group limits count, the volume's size, and the queue's place."""
        super().load_state(state)
        self.memory = state.get("memory")
        self._volume_size = state.get("volume_size")
        self.queued_since = state.get("queued_since", 0.0)

    async def run_auth_state_hook(self, auth_state: dict[str, Any] | None) -> None:
        """Take the parameters out of a link to the spawn page, before JupyterHub starts a server for them."""
        self._link = StartLink()
        if isinstance(self.handler, SpawnHandler) and self.handler.request.method == "GET":
            self._link = take_parameters(self.handler.request.query_arguments)
        await super().run_auth_state_hook(auth_state)

    async def get_options_form(self) -> Any:  # noqa: ANN401 (JupyterHub: any text)
        """Return the menu of images and sizes, then the connections; empty if there is nothing to choose."""
        offered = await self._allowed_connections()
        form = await super().get_options_form()
        if self.options_from_form != self._options_from_form:
            return form  # the configuration has a form of its own
        ticked = self.user_options.get(connections.OPTION) if self.user_options else None
        return (form or "") + connection_choices(offered, ticked, self.additional_profile_form_template_paths)

    @default("options_form")  # type: ignore[untyped-decorator]
    def _options_form_default(self) -> Any:  # noqa: ANN401 (as KubeSpawner's)
        """Render the form for each request; KubeSpawner renders a list of profiles only once."""
        return self._current_form if self.profile_list else ""

    async def _current_form(self, spawner: OpenShiftSpawner) -> str:
        """The menu of the profiles as they are now."""
        found = self.profile_list
        found = await maybe_future(found(spawner)) if callable(found) else self._sorted_dict_values(found)
        self._sizes_without_room = await self._sizes_that_no_quota_allows()
        return self._render_options_form(found)

    async def _sizes_that_no_quota_allows(self) -> dict[str, str]:
        """Why a size is not offered now, by its name; empty if the quotas cannot be read."""
        if not self.sizes or self.queue_length:  # in the queue, a size waits for room
            return {}
        try:
            return sizes_without_room(self.sizes, await project_quotas(self.api.api_client, self.namespace))
        except (ApiException, ClientError, TimeoutError, asyncio.TimeoutError) as error:
            self.log.debug("Cannot read the quotas: %s", error)
            return {}

    def _render_options_form(self, profile_list: list[dict[str, Any]]) -> str:
        """Return no form if there is nothing to choose, so that the server starts immediately.

        A link preselects the menu; what the menu lacks is told in front of it.
        """
        profile_list = self._get_initialized_profile_list(profile_list)
        mark_sizes(profile_list, self._sizes_without_room)
        last_choice = self.user_options
        options, problems = preselected(self._link, profile_list, last_choice or {}, self.configured_image)
        if len(profile_list) < 2 and not any(each.get("profile_options") for each in profile_list):
            return sentences(problems)
        self.user_options = options  # for the template
        try:
            return sentences(problems) + str(super()._render_options_form(profile_list))
        finally:
            self.user_options = last_choice

    def _options_from_form(self, formdata: Mapping[str, list[str]]) -> dict[str, Any]:
        """Add the chosen connections; `load_user_options` refuses those that the user may not use."""
        others = {name: values for name, values in formdata.items() if name != connections.FIELD}
        options: dict[str, Any] = super()._options_from_form(others)
        if ticked := formdata.get(connections.FIELD):
            options[connections.OPTION] = list(ticked)
        return options

    async def _allowed_connections(self) -> list[Connection]:
        """The connections that the user may choose now."""
        if not self.shared_data:
            return []
        try:
            found, problems = await offered_connections(
                self.api.api_client, self.namespace, self.application_name
            )
        except ApiException as refusal:
            raise refused(refusal) from None
        except (ClientError, TimeoutError, asyncio.TimeoutError) as error:
            raise api_unavailable(str(error) or "no answer in time") from None
        self._report("connections", problems)
        return connections.for_groups(found, groups_of(self.user))

    def _report(self, kind: str, problems: list[str]) -> None:
        """Log sentences about objects that are left out, but none twice while nothing has changed."""
        for problem in problems:
            if problem not in self._reported.get(kind, ()):
                self.log.warning(problem)
        self._reported[kind] = set(problems)

    async def poll(self) -> int | None:
        """Report a server as stopped only if its pod has ended, or the API says that it is gone."""
        try:
            status: int | None = await super().poll()
            if status is None or self._listed_pod() or not await self._pod_exists():
                return status
            self.log.warning("The list of pods lacks %s, which exists", self.pod_name)
        except Exception as error:  # JupyterHub would take it for the end of the server
            # Not _log_name, which asks the database for the user's name.
            self.log.warning(
                "The cluster does not say whether %s runs: %s", self.pod_name, str(error) or repr(error)
            )
        return None

    def start_polling(self) -> None:
        """Poll as upstream, and as soon as the watch shows that the pod does not run any more."""
        super().start_polling()
        self._listening_to = self._pod_key
        PodWatch.listen(self._listening_to, self._pod_changed)

    def stop_polling(self) -> None:
        """End both."""
        super().stop_polling()
        PodWatch.unlisten(self._listening_to, self._pod_changed)

    def _pod_changed(self) -> None:
        if self.has_run_for(0):
            return
        if self._polling is None or self._polling.done():
            self._polling = asyncio.ensure_future(self.poll_and_notify())

    def has_run_for(self, seconds: float) -> bool:
        """Whether the watch shows a pod that runs, all of whose containers started so many seconds ago."""
        pod = self._listed_pod()
        if not pod or not pod["status"].get("podIP") or not self.is_pod_running(pod):
            return False
        states = [status.get("state") or {} for status in pod["status"]["containerStatuses"]]
        starts = [state.get("running", {}).get("startedAt") or "" for state in states]
        latest = datetime.now(timezone.utc) - timedelta(seconds=seconds)
        return not seconds or all("" < start < latest.strftime("%Y-%m-%dT%H:%M:%SZ") for start in starts)

    async def _pod_exists(self) -> bool:
        return await pod_exists(self.api, self.namespace, self.pod_name, self.k8s_api_request_timeout)

    async def _start_reflector(self, kind: str, reflector_class: type, **options: Any) -> Any:  # noqa: ANN401
        """As upstream, with a watch that lasts, and anew if the first list failed."""
        if kind == "pods":
            options["labels"] = COMPONENT
        options["replace"] = options.get("replace") or has_failed(
            self.reflectors.get(self._get_reflector_key(kind))
        )
        return await super()._start_reflector(kind, WATCHES.get(kind, reflector_class), **options)

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Yield a progress event for each change of the start, and the failure before the pod is deleted."""
        last = None
        while self._start_future is None or not self._start_future.done():
            event = self.progress_event()
            if event != last:
                yield event
                last = event
            await asyncio.sleep(0.5)
        if self.failure:
            yield {"progress": 100, "failed": True, "message": self.failure.jupyterhub_message}

    def progress_event(self) -> dict[str, Any]:
        """The current state of the start, for the progress page."""
        if self._place and self._place.waits:
            return waiting_event(sentence(self._place.why, len(QUEUE.ahead(self._place))))
        return progress_event(self._created_pod(), self._claims, self._events, self._problem)

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
        return {**rules, **super().get_env(), **({} if self.own_packages else WITHOUT)}

    def _build_common_labels(self, extra_labels: Mapping[str, str]) -> dict[str, str]:
        """As upstream; the label by which the hub, its network policies and `oc delete` select stays."""
        labels: dict[str, str] = super()._build_common_labels(extra_labels)
        return labels | ({"app": self.application_name} if self.application_name else {})

    def _build_pod_labels(self, extra_labels: Mapping[str, str]) -> dict[str, str]:
        """As upstream; a `component_label` of a configuration file has no effect on the label `component`."""
        return {**super()._build_pod_labels(extra_labels), **COMPONENT}

    async def unresolved_pod_manifest(self) -> Any:  # noqa: ANN401 (V1Pod)
        """Build the pod without asking the API: add what the hub needs, and omit service links by default."""
        if self.cmd is not None:  # of a configuration file or a profile
            return self._completed(await super().get_pod_manifest())
        self.cmd = [*self.contract.start]
        try:
            pod = await super().get_pod_manifest()
        finally:
            self.cmd = None
        return self._completed(with_start_command(pod, self.contract))

    def _completed(self, pod: Any) -> Any:  # noqa: ANN401 (V1Pod)
        """Add what the hub needs, and a configuration file or a hook has left out."""
        contract = self.contract
        environment = {"HOME": contract.home} if contract.work_in_home else {}
        pod = with_groups(with_container_defaults(pod, {**environment, **self.get_env()}), contract.groups)
        if size := self.sizes.get(self.size):
            pod = with_node_choice(pod, size)
        if self.home_volume:
            pod = with_home_volume(pod, self.pvc_name, contract.home)
        elif contract.home_in_pod:
            pod = with_home_in_pod(pod, contract.home)
        if pod.spec.enable_service_links is None:
            pod.spec.enable_service_links = False
        ours = self._build_pod_labels(self._expand_all(self.extra_labels))
        selected = {name: ours[name] for name in ("app", "component") if name in ours}
        pod.metadata.labels = {**ours, **(pod.metadata.labels or {}), **selected}
        return pod

    async def get_pod_manifest(self) -> Any:  # noqa: ANN401 (V1Pod)
        """Build the pod as the image needs it, with the image stream tag resolved, and set up its volume."""
        api = shared_client("CustomObjectsApi")
        image = await resolve_image(self.image, self.namespace, api)
        self.contract = self._contract_of(image, await read_config(image, self.namespace, api))
        pod = await self.unresolved_pod_manifest()
        notebook_container(pod).image = image.reference
        if self.shared_data:
            found, problems = await offered_volumes(self.api.api_client, self.namespace)
            self._report("volumes", problems)
            self._volumes = volumes.for_groups(found, groups_of(self.user))
        return with_volume_setup(self._with_shared_data(pod), self.contract)

    def _with_shared_data(self, pod: Any) -> Any:  # noqa: ANN401 (V1Pod)
        """Mount the shared volumes, and add the chosen connections and the user's own secret."""
        if not self.shared_data:
            return pod
        pod, hidden = volumes.with_shared_volumes(pod, self._volumes, self.contract.home)
        self._report(f"mounts of {self.pod_name}", hidden)
        secrets = [connections.user_secret(self.application_name, self.user.name)]
        return connections.with_environment_of(
            pod, self._chosen_connections, secrets if self.application_name else []
        )

    def _contract_of(self, image: ResolvedImage, config: ImageConfig | None) -> Contract:
        """The contract of the image; an unknown one matters only if the hub chooses the command."""
        if config is None and not image.contract:
            return CONTRACTS[self.image_contract].contract(ImageConfig())
        try:
            return contract_of(config or ImageConfig(), image.tag, image.contract)
        except SpawnRefused:
            if self.cmd is None:
                raise
            return MINIMAL_NOTEBOOK

    def start(self) -> asyncio.Future[str]:
        """Start the server; a failure is logged once."""
        ignore_reported_failures(asyncio.get_running_loop())
        self.failure = None
        self._created_uid = self._url = ""
        self._claims, self._claim_events, self._events, self._problem = [], [], [], None
        self._takes_room = self._fits = False
        self._time_limit = self.start_timeout
        if self.queue_length:
            self.start_timeout = NO_LIMIT  # JupyterHub reads it now; a queue may take longer
        started: asyncio.Future[str] = super().start()
        return started

    async def run_pre_spawn_hook(self) -> Any:  # noqa: ANN401 (whatever the hook returns)
        """Run the hook of the user's configuration; its errors are the project's, not the hub's."""
        try:
            return await maybe_future(super().run_pre_spawn_hook())
        except HTTPError:
            raise
        except Exception as error:
            raise self._configuration_failed("pre_spawn_hook", error) from None

    async def _start(self) -> str:
        """Start the server and wait for its answer; fail as soon as it cannot start any more."""
        self.start_timeout = self._time_limit
        try:
            with OVERVIEW.start_of(self):
                return await (self._start_in_turn() if self.queue_length else self._start_unless_failed())
        except SpawnRefused as refusal:
            self.failure = refusal
            OVERVIEW.add_failure(self, refusal.reason, refusal.jupyterhub_message)
            raise

    async def _start_in_turn(self) -> str:
        """Start when there is room and nobody must start first."""
        QUEUE.load(self.user.db)
        groups = frozenset(limits_for(groups_of(self.user), self.group_limits))
        self._place = QUEUE.enter(self.user.name, self.name, groups)
        try:
            while True:
                while refusal := self._no_room_in_hub():
                    self._wait_in_queue(refusal)
                    await self._stop_idle_server()
                    await QUEUE.pause()
                    QUEUE.load(self.user.db)
                self._takes_room = True
                try:
                    return await self._start_unless_failed()
                except NoRoom as no_room:
                    self._wait_in_queue(no_room)
                await self._stop_idle_server()
                await asyncio.sleep(RETRY)
        finally:
            self._leave_queue()

    def _wait_in_queue(self, refusal: NoRoom) -> None:
        """Take a place in the queue, also in the database."""
        self._takes_room = self._fits = False
        if not self._place:
            raise refusal  # its pod was created, and then refused
        QUEUE.wait(self._place, refusal, self.queue_length)
        if self.queued_since != self._place.since:
            self.queued_since = self._place.since
            self.orm_spawner.state = self.get_state()
            self.user.db.commit()

    def _no_room_in_hub(self) -> NoRoom | None:
        """Return why the hub itself does not start this server now."""
        if self._place and (refusal := QUEUE.refusal(self._place)):
            return refusal
        if not self.max_servers and not self.max_starts:
            return None
        others = [each for each in self._other_spawners() if each.takes_room()]
        if self.max_servers and len(others) >= self.max_servers:
            return NoRoom(f"{len(others)} servers are running, as many as this hub allows.", reason="queue")
        starting = sum(not each.ready for each in others)
        if self.max_starts and starting >= self.max_starts:
            return NoRoom(f"{starting} servers are starting at the same time.", reason="queue")
        return None

    async def _stop_idle_server(self) -> None:
        """As the next in the queue, stop the server that was idle for longest, if the admin allows it."""
        if not self.queue_idle_timeout or not self.handler or not self._place or QUEUE.ahead(self._place):
            return
        limit = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(seconds=self.queue_idle_timeout)
        idle = [each for each in self._other_spawners() if each.ready and each.orm_spawner.last_activity]
        idle = [each for each in idle if each.orm_spawner.last_activity < limit]
        if idle:
            longest = min(idle, key=lambda each: each.orm_spawner.last_activity)
            self.log.info("Stopping the idle server %s, as people wait for room", longest._log_name)
            await self.handler.stop_single_user(longest.user, longest.name)

    def takes_room(self) -> bool:
        """Return whether this server has a pod or may create one now; one that waits does not."""
        return bool(self.active and (self._takes_room or self.pending != "spawn"))

    def _leave_queue(self) -> None:
        """Give the next one its turn."""
        if self._place:
            QUEUE.leave(self._place)
        self._place, self.queued_since = None, 0.0

    def may_return(self) -> bool:
        """Return whether this server waited when the hub ended, and its place is reserved."""
        QUEUE.load(self.user.db)
        return bool(QUEUE.reserved(self.user.name, self.name))

    async def _start_unless_failed(self) -> str:
        starting = asyncio.ensure_future(self._start_and_wait_for_answer())
        watching = asyncio.ensure_future(self._watch_for_failure())
        # End before JupyterHub's own start_timeout, which gives no reason.
        deadline = time.monotonic() + self.start_timeout * 0.95
        try:
            await _first(starting, watching, until=deadline)
            if watching.done() and not starting.done():
                return await self._end_watched_start(watching, starting, deadline)
            if starting.done():
                return await starting
            if self._url:
                return self._url  # the pod runs: JupyterHub waits http_timeout for its answer
            raise self._too_slow()
        except ApiException as refusal:
            raise refused(refusal) from None
        except ClientError as error:
            raise api_unavailable(error) from None
        except (TimeoutError, asyncio.TimeoutError):  # KubeSpawner's own timeout, up to 10% shorter
            raise self._too_slow() from None
        except HTTPError:  # SpawnRefused, and what a hook raises on purpose
            raise
        except Exception as error:
            raise self._configuration_failed("start", error) from None
        finally:
            starting.cancel()
            watching.cancel()
            await asyncio.gather(starting, watching, return_exceptions=True)

    async def _start_pod(self) -> str:
        """As upstream, but notice at once that the pod runs; upstream looks ever more rarely."""
        steps_follow = self.internal_ssl or self.services_enabled or self.after_pod_created_hook
        starting = asyncio.ensure_future(super()._start())
        running = asyncio.ensure_future(self._created_pod_runs())
        try:
            await asyncio.wait([starting, running], return_when=asyncio.FIRST_COMPLETED)
            if starting.done() or steps_follow:
                return str(await starting)
            pod = running.result()
            self.pod_id = pod["metadata"]["uid"]
            return str(self._get_pod_url(pod))
        finally:
            starting.cancel()
            running.cancel()
            await asyncio.gather(starting, running, return_exceptions=True)

    async def _created_pod_runs(self) -> dict[str, Any]:
        """Return this start's pod as soon as the watch shows that it runs."""
        key, changed = self._pod_key, asyncio.Event()
        PodWatch.listen(key, changed.set)
        try:
            while not ((pod := self._created_pod()) and self.is_pod_running(pod)):
                await changed.wait()
                changed.clear()
            return pod
        finally:
            PodWatch.unlisten(key, changed.set)

    async def _start_and_wait_for_answer(self) -> str:
        """Wait for the server's answer here, before JupyterHub does, so that a crash ends the start."""
        await self._grow_volume()
        self._url = await self._start_pod()
        if self.server and not self.internal_ssl:
            url = url_path_join(self._url, self.server.base_url, "api")
            try:
                answer = await wait_for_http_server(url, timeout=self.http_timeout)
            except (TimeoutError, asyncio.TimeoutError):
                raise no_answer(self.pod_name, self.http_timeout, await self._log_lines("notebook")) from None
            refuse_other_version(answer.headers.get("X-JupyterHub-Version"))
        return self._url

    async def _grow_volume(self) -> None:
        """Grow the volume of an earlier start, once for each size; the server starts in any case."""
        if not self.storage_pvc_ensure or self._volume_size == self.storage_capacity:
            return
        if self._pvc_exists:
            size, timeout = self.storage_capacity, self.k8s_api_request_timeout
            try:
                reason = await grow_volume(self.api, self.namespace, self.pvc_name, size, timeout)
            except (ApiException, ClientError, TimeoutError, asyncio.TimeoutError) as error:
                self.log.warning("Cannot change the size of the volume %s: %s", self.pvc_name, error)
                return
            if reason:
                self.log.warning("The volume %s keeps its size: %s", self.pvc_name, reason)
        self._volume_size = self.storage_capacity

    async def _end_watched_start(
        self, watching: asyncio.Future[Problem], starting: asyncio.Future[str], deadline: float
    ) -> str:
        """Raise the failure that the watch has found; an error of the watch itself does not end the start."""
        if error := watching.exception():
            self.log.error("Cannot watch the start of %s", self._log_name, exc_info=error)
            await _first(starting, until=deadline)
            if starting.done():
                return await starting
            raise self._too_slow()
        problem = watching.result()
        log = await self._log_lines(problem.container) if problem.container else []
        self.log.warning(
            "%s cannot start, %s: %s%s",
            self._log_name,
            problem.cause,
            problem.detail or problem.message,
            "".join(f"\n    {line}" for line in log),
        )
        raise failure(problem, self.pod_name, log)

    def _configuration_failed(self, step: str, error: Exception) -> SpawnRefused:
        """Log where the configuration failed; without its own files in it, the whole traceback."""
        where = own_lines(error)
        self.log.error(
            "%s cannot start, %s: %s: %s%s", self._log_name, step, type(error).__name__, error,
            "".join(f"\n    {place}" for place in where),
            exc_info=None if where or isinstance(error, ConfigurationFault) else error,
        )  # fmt: skip
        return hook_failed(step, error)

    def _too_slow(self) -> SpawnRefused:
        if not self._created_uid:
            return api_unavailable("no answer in time")
        if self._problem:
            self.log.warning(
                "%s did not start in time, %s: %s", self._log_name, self._problem.cause, self._problem.detail
            )
        return too_slow(self._problem, self.start_timeout, self.pod_name)

    async def _watch_for_failure(self) -> Problem:
        """Diagnose the pod twice a second; return the problem that keeps it from running for good."""
        timer, seen = FailureTimer(), False
        while True:
            await asyncio.sleep(0.5)
            pod = self._created_pod()
            if pod:
                seen = True
                await self._look_at_claims(pod)
                self._events = [*self._claim_events, *self._pod_events()]
                self._problem = diagnose(pod, self._claims, self._events)
            elif seen:
                self._problem = DELETED
            if self._problem and timer.failed(self._problem, time.monotonic()):
                return self._problem

    async def _look_at_claims(self, pod: dict[str, Any]) -> None:
        """Read the claims of a pod that waits for its volumes, and their events, every three seconds."""
        names = claim_names(pod)
        if not names or not waits_for_volumes(pod) or time.monotonic() < self._claims_read + 3:
            return
        self._claims_read = time.monotonic()
        try:
            self._claims, self._claim_events = await read_claims(self.api, self.namespace, names)
        except (ApiException, ClientError, TimeoutError, asyncio.TimeoutError) as error:
            self.log.debug("Cannot read the claims of %s: %s", self._log_name, error)

    async def _log_lines(self, container: str) -> list[str]:
        """The last lines that a container has logged; none if they cannot be read."""
        pod = self._created_pod()
        if not pod:
            return []
        try:
            return await read_log(self.api, pod, container, secret=self.api_token)
        except (ApiException, ClientError, TimeoutError, asyncio.TimeoutError) as error:
            self.log.warning("Cannot read the log of %s: %s", self._log_name, error)
            return []

    def _pod_events(self) -> list[dict[str, Any]]:
        """The events of this start's pod, the oldest first."""
        return [event for event in self.events if event["involvedObject"].get("uid") == self._created_uid]

    @property
    def events(self) -> list[dict[str, Any]]:
        """As upstream, which sorts the events of all pods: those of this pod's name since the last start."""
        watch = self.event_reflector
        events = sorted(watch.of(self.pod_name), key=event_time) if isinstance(watch, EventWatch) else []
        seen = [number for number, event in enumerate(events) if event["metadata"]["uid"] == self._last_event]
        return events[seen[0] + 1 :] if seen else events

    def _created_pod(self) -> dict[str, Any] | None:
        """The current state of this start's pod; None while an earlier pod has its name."""
        pod = self._listed_pod()
        return pod if pod and pod["metadata"]["uid"] == self._created_uid else None

    def _listed_pod(self) -> dict[str, Any]:
        """The pod of this server's name as the watch knows it; empty if there is none."""
        pods = self.pod_reflector.pods if self.pod_reflector else {}
        pod: dict[str, Any] = pods.get(self._pod_key) or {}
        return pod

    @property
    def _pod_key(self) -> str:
        return f"{self.namespace}/{self.pod_name}"

    async def _make_create_pod_request(self, pod: Any, request_timeout: int) -> bool:  # noqa: ANN401 (V1Pod)
        """Create the pod; return False to try again, also when the API is unavailable or overloaded.

        The pod comes from the `modify_pod_hook`, which may have replaced what the hub needs. KubeSpawner logs
        a refused pod together with the API token in its environment; this does not.
        """
        pod = with_volume_setup(self._with_shared_data(self._completed(pod)), self.contract)
        log = self.log.debug if self.queued_since else self.log.info  # in the queue it tries often
        log("Creating pod %s/%s", self.namespace, pod.metadata.name)
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
        self._leave_queue()
        return True


async def _first(*tasks: asyncio.Future[Any], until: float) -> None:
    """Wait until one of the tasks is done or the time has come."""
    await asyncio.wait(tasks, timeout=max(until - time.monotonic(), 0), return_when=asyncio.FIRST_COMPLETED)
