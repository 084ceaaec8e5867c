# JupyterHub, "RBAC": a scope that does not exist
c.JupyterHub.load_roles = [{"name": "grader", "scopes": ["read:grades"], "users": ["alice"]}]
# stops: line 2: c.JupyterHub.load_roles: Scope 'read:grades' for role grader does not exist
