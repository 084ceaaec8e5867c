# JupyterHub, "RBAC": change a role that cannot be changed
c.JupyterHub.load_roles = [{"name": "admin", "scopes": ["list:users"]}]
# stops: line 2: c.JupyterHub.load_roles: Cannot override admin role admin.scopes = ['list:users']
