# JupyterHub, "public_url": not below the base URL
c.JupyterHub.base_url = "/jupyter/"
c.JupyterHub.public_url = "https://hub.example.org/other/"
# stops: line 3: c.JupyterHub.public_url: JupyterHub.public_url = 'https://hub.example.org/other/' must include base_url: '/jupyter/'
