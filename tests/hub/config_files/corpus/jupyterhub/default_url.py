# JupyterHub, "default_url": by user
def default_url(handler):
    return "/hub/home"


c.JupyterHub.default_url = default_url
c.JupyterHub.redirect_to_server = False
