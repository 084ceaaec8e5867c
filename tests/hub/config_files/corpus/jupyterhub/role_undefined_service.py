# JupyterHub, "RBAC": a role for a service that is not defined
c.JupyterHub.load_roles = [{"name": "grader", "scopes": ["list:users"], "services": ["grades"]}]
# stops: line 2: c.JupyterHub.load_roles: Found undefined service grades in role grader. Define it first in c.JupyterHub.services.
