"""OpenShift login: people with access to the project may use the hub.

| step | how |
|---|---|
| OAuth client | the hub's service account; its annotations name the route and the callback path |
| client secret | the token that the kubelet mounts, read for each login, since it rotates |
| code | always PKCE S256: OpenShift accepts an empty client secret too, so a stolen code could be used |
| scopes | `user:info user:check-access`; the login is refused if a person deselects one |
| access | the person may list the project's pods (access review with the person's own token) |
| hub admin | the person may create role bindings in the project (the same way) |
| refresh | both are reviewed again every 5 minutes (`auth_refresh_age`) |
| access revoked | the hub stops the user's servers and deletes their tokens at once |
| logout | the person's token is deleted |

`tests/hub/oauth.jsonl` has recordings of a real login. Service accounts as OAuth clients:
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
    """Log people in with OpenShift, and review their access to the project.

    `c.Authenticator`, `c.OAuthenticator` and `c.OpenShiftOAuthenticator` settings apply to it.
    """

    callback_handler = Callback
    logout_handler = Logout

    allow_project = Bool(False, config=True, help="Allow everyone who may list the project's pods")
    project = Unicode(config=True, help="The project, a namespace")
    # Not configurable, and not read from the environment as upstream does
    enable_pkce = Bool(True)
    validate_server_cert = Bool(True)

    token_file = SERVICE_ACCOUNT / "token"

    def __init__(self, **kwargs: object) -> None:
        """Report a missing token at the start, not at the first login."""
        super().__init__(**kwargs)
        self.client_id = client_name(self.token_file)
        options: dict[str, Any] = self.http_request_kwargs  # type: ignore[has-type]
        self.http_request_kwargs = {"ssl_options": trusted(), **options}

    @property
    def client_secret(self) -> str:
        """The current token of the service account."""
        return self.token_file.read_text().strip()

    @default("scope")  # type: ignore[untyped-decorator]
    def _scopes(self) -> list[str]:
        return SCOPES

    @default("openshift_url")  # type: ignore[untyped-decorator]
    def _api(self) -> str:
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
        return f"https://{f'[{host}]' if ':' in host else host}:{port}"

    @default("http_request_kwargs")  # type: ignore[untyped-decorator]
    def _no_request_options(self) -> dict[str, Any]:
        return {}

    @default("http_client")  # type: ignore[untyped-decorator]
    def _client(self) -> SimpleAsyncHTTPClient:
        """Return tornado's own client, which supports `ssl_options`."""
        return SimpleAsyncHTTPClient(force_instance=True)

    def get_callback_url(self, handler: Any = None) -> str:  # noqa: ANN401 (a request's handler)
        """Build the URL with the scheme that the browser used, not that of the last proxy."""
        if self.oauth_callback_url or handler is None:
            return str(super().get_callback_url(handler))
        scheme, host = get_browser_protocol(handler.request), handler.request.host
        return str(guess_callback_uri(scheme, host, handler.hub.server.base_url))

    def normalize_username(self, username: str) -> str:
        """Keep the case: in OpenShift `Alice` and `alice` are two users."""
        return str(self.username_map.get(username, username))

    async def get_token_info(self, handler: object, params: dict[str, Any]) -> dict[str, Any]:
        """Request a token; refuse one that lacks a requested scope."""
        token: dict[str, Any] = await super().get_token_info(handler, params)
        missing = set(self.scope) - set(token.get("scope", "").split())
        if missing:
            await self.revoke(token["access_token"])
            raise LoginRefused(
                f"This hub needs the permission {' and '.join(sorted(missing))}, which you did not grant. "
                "Log in again and leave all permissions selected."
            )
        return token

    async def get_user_groups(self, auth_state: dict[str, Any]) -> set[str]:
        """Return the OpenShift groups, without `system:` groups, and the group of project admins."""
        all_groups = await super().get_user_groups(auth_state)
        groups = {group for group in all_groups if not group.startswith("system:")}
        if self.allow_project and await self._may(auth_state, "create", "rolebindings", RBAC):
            groups.add(project_admins(self.project))
        return groups

    async def check_allowed(self, username: str, auth_model: Model | None) -> bool:
        """Return True, or raise a LoginRefused that says whom to ask for access."""
        if auth_model is None or await super().check_allowed(username, auth_model):
            return True
        if not self.allow_project:
            raise LoginRefused(
                f'You are logged in to OpenShift as "{username}", who is not on this hub\'s list of users. '
                f"Ask an administrator of the project {self.project} to add you."
            )
        if await self._may(auth_model["auth_state"], "list", "pods"):
            return True
        raise LoginRefused(
            f'You are logged in to OpenShift as "{username}", who has no access to the project '
            f"{self.project}. Only people with access to the project may use this hub. "
            "Ask an administrator of the project to run: "
            f"oc policy add-role-to-user view {username} -n {self.project}"
        )

    async def refresh_user(self, user: Any, handler: Any = None, **kwargs: object) -> Model | bool:  # noqa: ANN401
        """Review the person's access again. While the API does not answer, people stay logged in."""
        if handler and not hasattr(handler, "_token_authenticated"):
            handler._token_authenticated = False  # JupyterHub 6.1 reads it without setting it
        try:
            model: Model | bool = await super().refresh_user(user, handler, **kwargs)
            if isinstance(model, dict):
                await self.check_allowed(model["name"], model)
        except LoginRefused as refusal:
            self.log.warning("%s has lost access: %s", user.name, refusal.jupyterhub_message)
            await revoke_access(user, handler)
            return False
        except (HTTPClientError, OSError) as error:
            if isinstance(error, HTTPClientError) and error.code < 500:
                return False
            self.log.warning("OpenShift does not answer (%s): %s stays logged in", error, user.name)
            return True
        token = handler.get_token() if handler and model is False else None
        # JupyterHub would accept such a token. Only a server's token, which reports activity, stays valid.
        if token and token.user is user.orm_user and not (token.note or "").startswith("Server at "):
            raise LoginRefused("Your OpenShift login has expired. Log in to the hub again.")
        return model

    async def revoke(self, token: str) -> None:
        """Delete a person's OpenShift token, with the hub's account: the token itself may not do so."""
        try:
            await self.httpfetch(
                f"{self.openshift_rest_api_url}{TOKENS}/{token_object(token)}",
                "Deleting a token...",
                method="DELETE",
                headers={"Authorization": f"Bearer {self.client_secret}"},
            )
        except (HTTPClientError, OSError) as error:
            self.log.warning("Deleting an OpenShift token failed (%s); it will expire by itself", error)

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
            "Reviewing a person's access...",
            method="POST",
            headers={**headers, "Content-Type": "application/json"},
            body=json.dumps(review),
        )
        return bool(answer["status"]["allowed"])


def project_admins(project: str) -> str:
    """Return the group of the project's admins. A name with `:` collides with no OpenShift group."""
    return f"{project}:admins"


async def revoke_access(user: Any, handler: Any) -> None:  # noqa: ANN401 (JupyterHub's User, and a request's handler)
    """Stop a person's servers and delete their hub tokens."""
    if handler:
        running = [name for name, spawner in user.spawners.items() if spawner.active and not spawner.pending]
        stops = (handler.stop_single_user(user, name) for name in running)
        await asyncio.gather(*stops, return_exceptions=True)
    for token in list(user.orm_user.api_tokens):
        user.db.delete(token)
    user.db.commit()
