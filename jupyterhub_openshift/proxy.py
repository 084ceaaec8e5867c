"""The client of the proxy that runs in its own pod, so that a hub rollout leaves every user connected.

The proxy keeps its routes in memory. JupyterHub puts them back after a restart of the proxy only when it
looks the next time (`last_activity_interval`, a minute or more); until then every user sees an error page.
Here one small request a second asks for one route that must be there, and if it is gone, or the proxy was
away, all are checked.

The proxy also says when something last went through a route, and JupyterHub takes that for activity of the
user's server. But a page that is left open sends pings and questions for ever, and a proxy that has restarted
says it of every server. So this is left out, and what counts is what jupyterhub-singleuser reports of the
server. Nothing else in JupyterHub needs it: users without it are passed over, services are not looked at, and
the metrics of active users come from the database, where the servers' reports arrive as well.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import ClientError, ClientTimeout
from jupyterhub.httpclient import fetch
from jupyterhub.proxy import ConfigurableHTTPProxy
from jupyterhub.utils import url_path_join
from traitlets import Bool, Float

Table = Mapping[str, Any]


class SeparateProxy(ConfigurableHTTPProxy):  # type: ignore[misc]
    """configurable-http-proxy in a pod of its own."""

    watch_interval = Float(
        1.0,
        config=True,
        help="Seconds between two looks whether the proxy has lost its routes; 0: never look",
    )

    traffic_is_activity = Bool(
        False,
        config=True,
        help="Count all traffic as activity, as upstream: for servers that do not report theirs to the hub",
    )

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._routes: set[str] = set()  # those that the proxy is known to have
        self._watching: asyncio.Task[None] | None = None

    async def get_all_routes(self) -> dict[str, Any]:
        """As upstream, without the traffic; remembers them."""
        routes: dict[str, Any] = await super().get_all_routes()
        self._routes = set(routes)
        if not self.traffic_is_activity:
            for route in routes.values():
                route["data"].pop("last_activity", None)
        return routes

    async def add_route(self, routespec: str, target: str, data: dict[str, Any] | None) -> None:
        """As upstream; remembers it."""
        await super().add_route(routespec, target, data)
        self._routes.add(routespec)

    async def delete_route(self, routespec: str) -> None:
        """As upstream; forgets it first, so that it is not missed."""
        self._routes.discard(routespec)
        await super().delete_route(routespec)

    async def check_routes(self, user_dict: Table, service_dict: Table, routes: Table | None = None) -> None:
        """As upstream; the first check, at the end of the hub's start, also starts the watch."""
        await super().check_routes(user_dict, service_dict, routes)
        if self._watching is None and self.watch_interval:
            self._watching = asyncio.create_task(self._watch(user_dict, service_dict))

    async def _watch(self, user_dict: Table, service_dict: Table) -> None:
        complete = True
        while True:
            await asyncio.sleep(self.watch_interval)
            try:
                if await self._lost_a_route() or not complete:
                    self.log.warning("The proxy has restarted: putting all routes back")
                    complete = False
                    await super().check_routes(user_dict, service_dict)
                    complete = True
            except (ClientError, TimeoutError, asyncio.TimeoutError) as error:
                if complete:
                    self.log.warning("The proxy does not answer: %s", str(error) or type(error).__name__)
                complete = False
            except Exception:
                complete = False
                self.log.exception("The proxy's routes could not be put back, trying again")

    async def _lost_a_route(self) -> bool:
        """One route is enough: the proxy loses all or none."""
        spec = max(self._routes, key=len, default="/")  # any but "/", which asks for all
        response = await fetch(
            url_path_join(self.api_url, "api/routes", self._routespec_to_chp_path(spec)),
            headers={"Authorization": f"token {self.auth_token}"},
            timeout=ClientTimeout(total=2),
            raise_for_status=False,
        )
        async with response:
            if response.status == 404:
                return spec in self._routes  # it may have been deleted while we asked
            response.raise_for_status()
            route = await response.json()
        if spec == "/":
            route = route.get("/", {})
        return "jupyterhub" not in route  # the proxy's own default route has no such mark
