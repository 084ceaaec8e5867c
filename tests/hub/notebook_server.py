"""In the place of JupyterLab: lets in whom the hub says may enter, as it does, and greets them."""

import os
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubAuthenticated
from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler, authenticated


class Greeting(HubAuthenticated, RequestHandler):
    @authenticated
    def get(self) -> None:
        self.write(f"Hello {self.get_current_user()['name']}")


address = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
Application([(".*", Greeting)]).listen(address.port, "127.0.0.1")
IOLoop.current().start()
