# JupyterHub, "Authenticators": a class in the configuration file
from typing import ClassVar

from jupyterhub.auth import Authenticator


class DictionaryAuthenticator(Authenticator):
    passwords: ClassVar = {"alice": "wonderland"}

    async def authenticate(self, handler, data):
        if self.passwords.get(data["username"]) == data["password"]:
            return data["username"]
        return None


c.JupyterHub.authenticator_class = DictionaryAuthenticator
c.Authenticator.allow_all = True
