"""OpenShift login: who may enter is who has access to the project.

| step | how |
|---|---|
| client | the hub's service account; its annotations name the route and the path that may be returned to |
| secret | the token that the kubelet mounts, read for each login, since it rotates |
| code | PKCE S256 always: an empty secret is accepted too, so a stolen code would be worth something |
| scopes | `user:info user:check-access`; a person may untick one, then the login is refused |
| may enter | who may list the project's pods, asked with the person's own token |
| is hub admin | who may create the project's role bindings, asked likewise |
| later | both are asked again (`auth_refresh_age`, 5 minutes); who is out loses servers and tokens at once |
| logout | the person's token is deleted |

Recorded from a real one in `tests/hub/oauth.jsonl`. How service accounts are OAuth clients:
https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/authentication_and_authorization/using-service-accounts-as-oauth-client
"""

import asyncio
import json
import os
from typing import Any

from jupyterhub.utils import get_browser_protocol
from oauthenticator.oauth2 import guess_callback_uri
from oauthenticator.openshift import OpenShiftOAuthenticator
from tornado.httpclient import HTTPClientError
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from traitlets import Bool, Unicode, default

from ..cluster.api import SERVICE_ACCOUNT
from ..cluster.ca_bundles import trusted
from .openshift_pages import Callback, LoginRefused, Logout
from .service_account import client_name, token_object

SCOPES = ["user:info", "user:check-access"]
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
TOKENS = "/apis/oauth.openshift.io/v1/oauthaccesstokens"
RBAC = "rbac.authorization.k8s.io"

Model = dict[str, Any]


class ProjectAuthenticator(OpenShiftOAuthenticator):  # type: ignore[misc]
    """Logs people in with OpenShift, and asks it what they may do in the project.

    `c.Authenticator`, `c.OAuthenticator` and `c.OpenShiftOAuthenticator` settings apply to it.
    """

    callback_handler = Callback
    logout_handler = Logout

    allow_project = Bool(False, config=True, help="Let in who may list the pods of the project")
    project = Unicode(config=True, help="The project, a namespace")
    # Not to be configured, and not taken from the environment as upstream does.
    enable_pkce = Bool(True)
    validate_server_cert = Bool(True)

    token_file = SERVICE_ACCOUNT / "token"

    def __init__(self, **kwargs: object) -> None:
        """What is not there is told now, and not to the first person who logs in."""
        super().__init__(**kwargs)
        self.client_id = client_name(self.token_file)
        options: dict[str, Any] = self.http_request_kwargs  # type: ignore[has-type]
        self.http_request_kwargs = {"ssl_options": trusted(), **options}

    @property
    def client_secret(self) -> str:
        """The service account's token as it is now."""
        return self.token_file.read_text().strip()

    @default("scope")  # type: ignore[untyped-decorator]
    def _scopes(self) -> list[str]:
        return SCOPES

    @default("openshift_url")  # type: ignore[untyped-decorator]
    def _api(self) -> str:
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
        return f"https://{f'[{host}]' if ':' in host else host}:{port}"

    @default("http_request_kwargs")  # type: ignore[untyped-decorator]
    def _no_other_trust(self) -> dict[str, Any]:
        return {}

    @default("http_client")  # type: ignore[untyped-decorator]
    def _client(self) -> SimpleAsyncHTTPClient:
        """The one that knows `ssl_options`."""
        return SimpleAsyncHTTPClient(force_instance=True)

    def get_callback_url(self, handler: Any = None) -> str:  # noqa: ANN401 (a request's handler)
        """As upstream, but by the scheme that the browser used, not the last of several proxies."""
        if self.oauth_callback_url or handler is None:
            return str(super().get_callback_url(handler))
        scheme, host = get_browser_protocol(handler.request), handler.request.host
        return str(guess_callback_uri(scheme, host, handler.hub.server.base_url))

    def normalize_username(self, username: str) -> str:
        """OpenShift tells `Alice` from `alice`, and so does the hub."""
        return str(self.username_map.get(username, username))

    async def get_token_info(self, handler: object, params: dict[str, Any]) -> dict[str, Any]:
        """As upstream; a token that is good for less than was asked for is refused."""
        token: dict[str, Any] = await super().get_token_info(handler, params)
        missing = set(self.scope) - set(token.get("scope", "").split())
        if missing:
            await self.revoke(token["access_token"])
            raise LoginRefused(
                f"This hub needs the permission {' and '.join(sorted(missing))}, which you did not allow. "
                "Log in again and leave all of them ticked."
            )
        return token

    async def get_user_groups(self, auth_state: dict[str, Any]) -> set[str]:
        """OpenShift's groups, without those that everybody is in, and that of the project's admins."""
        all_groups = await super().get_user_groups(auth_state)
        groups = {group for group in all_groups if not group.startswith("system:")}
        if self.allow_project and await self._may(auth_state, "create", "rolebindings", RBAC):
            groups.add(project_admins(self.project))
        return groups

    async def check_allowed(self, username: str, auth_model: Model | None) -> bool:
        """True, or a LoginRefused that says whom to ask."""
        if auth_model is None or await super().check_allowed(username, auth_model):
            return True
        if not self.allow_project:
            raise LoginRefused(
                f'OpenShift knows you as "{username}", but this hub is only for those whom it lists. '
                f"Ask an administrator of the project {self.project} to add you."
            )
        if await self._may(auth_model["auth_state"], "list", "pods"):
            return True
        raise LoginRefused(
            f'OpenShift knows you as "{username}", but this hub is only for those who may see the project '
            f"{self.project}. Ask an administrator of that project; this command lets you in: "
            f"oc policy add-role-to-user view {username} -n {self.project}"
        )

    async def refresh_user(self, user: Any, handler: Any = None, **kwargs: object) -> Model | bool:  # noqa: ANN401
        """As upstream, and whether the person may still enter. While the API is away, who is in stays in."""
        if handler and not hasattr(handler, "_token_authenticated"):
            handler._token_authenticated = False  # JupyterHub 6.1 forgets that and fails for want of it
        try:
            model: Model | bool = await super().refresh_user(user, handler, **kwargs)
            if isinstance(model, dict):
                await self.check_allowed(model["name"], model)
        except LoginRefused as refusal:
            self.log.warning("%s may no longer enter: %s", user.name, refusal.jupyterhub_message)
            await shut_out(user, handler)
            return False
        except (HTTPClientError, OSError) as error:
            if isinstance(error, HTTPClientError) and error.code < 500:
                return False
            self.log.warning("OpenShift does not answer (%s): %s stays logged in", error, user.name)
            return True
        token = handler.get_token() if handler and model is False else None
        # With such a token JupyterHub would let a request pass. Only a server may tell that it is in use.
        if token and token.user is user.orm_user and not (token.note or "").startswith("Server at "):
            raise LoginRefused("The login with OpenShift is over. Log in to the hub again.")
        return model

    async def revoke(self, token: str) -> None:
        """Delete a person's token, which the hub's account may do, but the token itself may not."""
        try:
            await self.httpfetch(
                f"{self.openshift_rest_api_url}{TOKENS}/{token_object(token)}",
                "Deleting a token...",
                method="DELETE",
                headers={"Authorization": f"Bearer {self.client_secret}"},
            )
        except (HTTPClientError, OSError) as error:
            self.log.warning("A token of OpenShift could not be deleted (%s); it ends by itself", error)

    async def _may(self, auth_state: dict[str, Any], verb: str, resource: str, group: str = "") -> bool:
        wanted = {"namespace": self.project, "verb": verb, "group": group, "resource": resource}
        review = {
            "kind": "SelfSubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "spec": {"resourceAttributes": wanted},
        }
        headers = self.build_userdata_request_headers(auth_state["access_token"], "Bearer")
        answer = await self.httpfetch(
            f"{self.openshift_rest_api_url}{REVIEWS}",
            "Asking what a person may do...",
            method="POST",
            headers={**headers, "Content-Type": "application/json"},
            body=json.dumps(review),
        )
        return bool(answer["status"]["allowed"])


def project_admins(project: str) -> str:
    """The group of those who are hub admins by the project. No group of OpenShift's may have a `:`."""
    return f"{project}:admins"


async def shut_out(user: Any, handler: Any) -> None:  # noqa: ANN401 (JupyterHub's User, and a request's handler)
    """End the servers of a person and all tokens of the hub's that they have."""
    if handler:
        running = [name for name, spawner in user.spawners.items() if spawner.active and not spawner.pending]
        stops = (handler.stop_single_user(user, name) for name in running)
        await asyncio.gather(*stops, return_exceptions=True)
    for token in list(user.orm_user.api_tokens):
        user.db.delete(token)
    user.db.commit()
