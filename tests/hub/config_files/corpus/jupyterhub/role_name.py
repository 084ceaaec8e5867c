# JupyterHub, "RBAC": a role name with blanks
c.JupyterHub.load_roles = [{"name": "Physics Graders", "scopes": ["self"], "users": ["alice"]}]
# stops: line 2: c.JupyterHub.load_roles: Invalid role name: 'Physics Graders'. Role names must: - be 3-255 characters - contain only lowercase ascii letters, numbers, and URL unreserved special characters '-.~_' - start with a letter - end with letter or number
