# JupyterHub, "Services": no name
c.JupyterHub.services = [{"url": "http://127.0.0.1:9999", "api_token": "a-long-enough-token"}]
# stops: line 2: c.JupyterHub.services: has a service without a name
