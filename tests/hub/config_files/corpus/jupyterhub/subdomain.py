# JupyterHub, "Security": a host for each user
c.JupyterHub.subdomain_host = "https://hub.example.org"
