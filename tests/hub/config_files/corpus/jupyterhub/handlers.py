# JupyterHub, "extra_handlers": a page of one's own
from jupyterhub.handlers import BaseHandler


class Hello(BaseHandler):
    async def get(self):
        self.write("hello")


c.JupyterHub.extra_handlers = [(r"/hello", Hello)]
