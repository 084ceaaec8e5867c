# JupyterHub, "Security": a host without scheme
c.JupyterHub.subdomain_host = "hub.example.org:8000"
