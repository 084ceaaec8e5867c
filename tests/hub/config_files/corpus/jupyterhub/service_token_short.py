# JupyterHub, "Services": a token of a few letters
c.JupyterHub.services = [{"name": "grades", "api_token": "short"}]
# stops: line 2: c.JupyterHub.services: has an api_token of less than 8 characters. An example that works: $(openssl rand -hex 32)
