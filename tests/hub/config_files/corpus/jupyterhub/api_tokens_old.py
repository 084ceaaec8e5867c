# JupyterHub 0.x, "REST API": tokens
c.JupyterHub.api_tokens = {"a-long-enough-secret-token": "alice"}
