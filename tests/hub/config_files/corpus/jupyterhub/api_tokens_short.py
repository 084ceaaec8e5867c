# JupyterHub 0.x, "REST API": a token of a few letters
c.JupyterHub.api_tokens = {"short": "alice"}
# stops: line 2: c.JupyterHub.api_tokens: has an api_token of less than 8 characters. An example that works: $(openssl rand -hex 32)
