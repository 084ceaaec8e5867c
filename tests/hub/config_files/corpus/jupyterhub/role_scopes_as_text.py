# JupyterHub, "RBAC": scopes that are no list
c.JupyterHub.load_roles = [{"name": "grader", "scopes": "self"}]
# stops: line 2: c.JupyterHub.load_roles: Scope 's' for role grader does not exist
