# Zero to JupyterHub, "hub.services": a token for the API
c.JupyterHub.services = [{"name": "my-service", "api_token": "a-long-token-of-my-service"}]
c.JupyterHub.load_roles = [
    {"name": "service-role", "scopes": ["users", "servers"], "services": ["my-service"]}
]
