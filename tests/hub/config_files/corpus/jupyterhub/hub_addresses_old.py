# JupyterHub 0.x, "Networking basics": addresses of the hub
c.JupyterHub.hub_ip = "10.0.1.4"
c.JupyterHub.hub_port = 54321
# stops: line 2: c.JupyterHub.hub_ip has no effect. Write c.JupyterHub.hub_bind_url instead.
# stops: line 3: c.JupyterHub.hub_port has no effect. Write c.JupyterHub.hub_bind_url instead.
