# JupyterHub, "Named servers"
def limit(handler):
    return 5


c.JupyterHub.allow_named_servers = True
c.JupyterHub.named_server_limit_per_user = limit
c.JupyterHub.default_server_name = "lab"
