# JupyterHub, "RBAC": a filter that does not exist
c.JupyterHub.load_roles = [{"name": "grader", "scopes": ["read:users!team=physics"], "users": ["alice"]}]
# stops: line 2: c.JupyterHub.load_roles: Scope filter team=physics '!team=physics' in scope 'read:users!team=physics' for role grader does not exist
