# JupyterHub, "RBAC": change the default role
c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self", "access:services"]}]
