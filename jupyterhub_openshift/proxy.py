"""The client of the proxy that runs in its own pod, so that a hub rollout leaves every user connected.

The proxy keeps its routes in memory. After a restart of the proxy, JupyterHub restores them only at its next
check (`last_activity_interval`, a minute or more); until then every user sees an error page. This client
holds a connection that it does not use, and which a proxy that ends closes. Then, and every ten seconds, it
requests one route; when that is missing, or the proxy did not answer, it checks all.

The proxy also reports the time of each route's last traffic, which JupyterHub counts as activity of the
user's server. But an open browser tab polls forever, and a restarted proxy reports recent traffic for every
route. This client therefore drops the times, and only the activity that jupyterhub-singleuser reports counts.
JupyterHub uses the times for nothing else: it skips users without them, ignores those of services, and
computes the metrics of active users from the database, where the servers' reports are stored.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientTimeout
from jupyterhub.httpclient import fetch
from jupyterhub.proxy import ConfigurableHTTPProxy
from jupyterhub.utils import url_path_join
from traitlets import Bool, Float

from .server_loading import loading

Table = Mapping[str, Any]


class SeparateProxy(ConfigurableHTTPProxy):  # type: ignore[misc]
    """Client of a configurable-http-proxy in its own pod."""

    watch_interval = Float(
        1.0,
        config=True,
        help="""Seconds between two checks whether the proxy has lost its routes, if it closes the connection;
        ten times as many if it does not; 0: no checks""",
    )

    traffic_is_activity = Bool(
        False,
        config=True,
        help="Count all traffic as activity, as JupyterHub does: for servers that report no activity",
    )

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._routes: set[str] = set()  # that the proxy has
        self._watching: asyncio.Task[None] | None = None
        self._unused: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None  # connection

    async def get_all_routes(self) -> dict[str, Any]:
        """Fetch the routes, without the times of last traffic, and remember them."""
        routes: dict[str, Any] = await super().get_all_routes()
        self._routes = set(routes)
        if not self.traffic_is_activity:
            for route in routes.values():
                route["data"].pop("last_activity", None)
        return routes

    async def add_route(self, routespec: str, target: str, data: dict[str, Any] | None) -> None:
        """Add the route and remember it."""
        await super().add_route(routespec, target, data)
        self._routes.add(routespec)

    async def delete_route(self, routespec: str) -> None:
        """Forget the route, then delete it, so that the watch does not take it for lost."""
        self._routes.discard(routespec)
        await super().delete_route(routespec)

    async def check_routes(self, user_dict: Table, service_dict: Table, routes: Table | None = None) -> None:
        """Check all routes; the first check, at the end of the hub's start, also starts the watch.

        A hub that still loads its servers would take their routes for stale. It checks again after that.
        """
        if loading(self.app):
            await self.add_hub_route(self.app.hub)
            return
        await super().check_routes(user_dict, service_dict, routes)
        if self._watching is None and self.watch_interval:
            self._watching = asyncio.create_task(self._watch(user_dict, service_dict))

    async def _watch(self, user_dict: Table, service_dict: Table) -> None:
        complete = True
        while True:
            await asyncio.sleep(self.watch_interval)
            await self._wait_for_the_proxys_end(9 * self.watch_interval)
            try:
                if await self._lost_a_route():
                    self.log.warning("The proxy has restarted: restoring all routes")
                    complete = False
                elif not complete:
                    self.log.info("The proxy answers again: checking all routes")
                if not complete:
                    await super().check_routes(user_dict, service_dict)
                    complete = True
            except (ClientError, TimeoutError, asyncio.TimeoutError) as error:
                if complete:
                    self.log.warning("The proxy does not answer: %s", str(error) or type(error).__name__)
                complete = False
            except Exception:
                complete = False
                self.log.exception("Restoring the proxy's routes failed, trying again")

    async def _wait_for_the_proxys_end(self, seconds: float) -> None:
        """Wait until the proxy closes the unused connection; not at all if there is none yet."""
        try:
            if self._unused is None:
                address = urlsplit(self.api_url)
                self._unused = await asyncio.open_connection(address.hostname, address.port or 8001)
                return  # the proxy may have restarted before
            await asyncio.wait_for(self._unused[0].read(1), seconds)  # a proxy that goes on says nothing
        except (TimeoutError, asyncio.TimeoutError):
            return
        except OSError:
            pass  # the check that follows says so
        if self._unused:
            self._unused[1].close()
            self._unused = None

    async def _lost_a_route(self) -> bool:
        """Check one route: the proxy loses all routes or none."""
        spec = max(self._routes, key=len, default="/")  # not "/" if there is another: "/" returns all routes
        response = await fetch(
            url_path_join(self.api_url, "api/routes", self._routespec_to_chp_path(spec)),
            headers={"Authorization": f"token {self.auth_token}"},
            timeout=ClientTimeout(total=2),
            raise_for_status=False,
        )
        async with response:
            if response.status == 404:
                return spec in self._routes  # it may have been deleted meanwhile
            response.raise_for_status()
            route = await response.json()
        if spec == "/":
            route = route.get("/", {})
        return "jupyterhub" not in route  # the proxy's own default route lacks this key
