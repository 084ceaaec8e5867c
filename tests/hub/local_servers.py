"""A hub whose notebook servers are local processes, see notebook_server.py, and a client of its API."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tests.paths import CHECKOUT
from tests.waiting import eventually

from .hub_process import CONFIG

SERVER = Path(__file__).with_name("notebook_server.py")
ADMIN = "the-token-of-this-test"
SETTINGS = f"""
exec(compile(open({str(CONFIG)!r}).read(), {str(CONFIG)!r}, "exec"))
c.JupyterHub.spawner_class = "simple"
c.Spawner.cmd = [{sys.executable!r}, {str(SERVER)!r}]
c.Spawner.ip = "127.0.0.1"
c.Spawner.port = 0
c.Spawner.environment = {{"PYTHONPATH": {str(CHECKOUT)!r}}}
c.JupyterHub.services.append({{"name": "test", "api_token": {ADMIN!r}, "admin": True}})
"""


def write_config(folder: Path) -> Path:
    """The hub's configuration, with local servers and a service that has every right."""
    file = folder / "config.py"
    file.write_text(SETTINGS)
    return file


class HubApi:
    """The hub, asked with the token of one or another; "" is the service."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.tokens = {"": ADMIN}

    def ask(self, who: str, method: str, path: str, body: dict | None = None) -> tuple[int, str]:
        """Status and body of the answer; 0 where none came."""
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"token {self.tokens[who]}"},  # as curl: no type that says JSON
            method=method,
        )
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def create_user(self, name: str) -> None:
        status, text = self.ask("", "POST", f"/hub/api/users/{name}", {})
        assert status in (201, 409), text

    def new_token(self, name: str) -> None:
        """Make a token for the user: for five minutes a server remembers what the hub said of the old one."""
        status, text = self.ask("", "POST", f"/hub/api/users/{name}/tokens", {})
        assert status == 201, text
        self.tokens[name] = json.loads(text)["token"]

    def start_server(self, who: str, owner: str) -> None:
        status, text = self.ask(who, "POST", f"/hub/api/users/{owner}/server", {})
        assert status in (201, 202), text
        eventually(f"the server of {owner} is ready", lambda: self.is_ready(owner))

    def is_ready(self, owner: str) -> bool:
        _, text = self.ask("", "GET", f"/hub/api/users/{owner}")
        return bool(json.loads(text)["servers"].get("", {}).get("ready"))

    def enters(self, who: str, owner: str) -> bool:
        """Whether someone gets into a user's server."""
        self.new_token(who)
        status, text = self.ask(who, "GET", f"/user/{owner}/")
        assert (status, text == f"Hello {who}") in ((200, True), (403, False)), text
        return status == 200
