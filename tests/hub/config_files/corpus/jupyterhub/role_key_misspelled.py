# JupyterHub, "RBAC": a misspelled key
c.JupyterHub.load_roles = [{"name": "grader", "scope": ["list:users"], "user": ["alice"]}]
