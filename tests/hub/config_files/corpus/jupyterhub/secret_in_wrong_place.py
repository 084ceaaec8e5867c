# JupyterHub, "Services": a service without a name, with a token
c.JupyterHub.services = [{"api_token": "a-token-that-must-not-be-shown"}]
# stops: line 2: c.JupyterHub.services: has a service without a name
