"""The hub's service account as an OAuth client of OpenShift, and the tokens issued to it."""

import base64
import hashlib
from pathlib import Path

import jwt

from ..errors import StartupError


def client_name(token_file: Path) -> str:
    """Return the subject of the account's token, `system:serviceaccount:PROJECT:NAME`."""
    try:
        return str(jwt.decode(token_file.read_text().strip(), options={"verify_signature": False})["sub"])
    except (OSError, jwt.InvalidTokenError, KeyError) as error:
        raise StartupError(
            f"JUPYTERHUB_AUTHENTICATOR=openshift needs the token of the hub's service account ({error}). "
            "An example that works, in the deployment: automountServiceAccountToken: true"
        ) from None


def token_object(token: str) -> str:
    """Return the name of a token's OAuthAccessToken.

    It is computed as in https://github.com/openshift/oauth-apiserver, pkg/tokenvalidation.
    """
    digest = hashlib.sha256(token.removeprefix("sha256~").encode()).digest()
    return f"sha256~{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
