"""In the place of JupyterLab: it lets in whom the hub says may enter, greets them, and computes for them.

The computation counts in this process; a websocket at `count` sends each new number.
"""

import os
from typing import ClassVar
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubAuthenticated
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.web import Application, RequestHandler, authenticated
from tornado.websocket import WebSocketHandler


class Greeting(HubAuthenticated, RequestHandler):
    @authenticated
    def get(self) -> None:
        self.write(f"Hello {self.get_current_user()['name']}")


class Count(HubAuthenticated, WebSocketHandler):
    number = 0
    listeners: ClassVar[set["Count"]] = set()

    @authenticated
    async def get(self) -> None:
        await super().get()

    def open(self) -> None:
        self.listeners.add(self)

    def on_close(self) -> None:
        self.listeners.discard(self)

    @classmethod
    def go_on(cls) -> None:
        cls.number += 1
        for listener in cls.listeners:
            listener.write_message(str(cls.number))


address = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
Application([(".*/count", Count), (".*", Greeting)]).listen(address.port, "127.0.0.1")
PeriodicCallback(Count.go_on, 100).start()
IOLoop.current().start()
