# JupyterHub, "RBAC": a role without a name
c.JupyterHub.load_roles = [{"scopes": ["self"]}]
# stops: line 2: c.JupyterHub.load_roles: the key 'name' is missing
