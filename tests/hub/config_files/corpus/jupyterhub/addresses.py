# JupyterHub, "Networking basics": where the public proxy listens
c.JupyterHub.ip = "192.168.1.2"
c.JupyterHub.port = 443
