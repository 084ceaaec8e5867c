# JupyterHub, "base_url"
c.JupyterHub.base_url = "/jupyter/"
c.JupyterHub.public_url = "https://hub.example.org/jupyter/"
