# JupyterHub, "RBAC": the same role twice
c.JupyterHub.load_roles = [{"name": "grader", "scopes": ["self"]}, {"name": "grader", "scopes": ["self"]}]
# stops: line 2: c.JupyterHub.load_roles: Role grader multiply defined. Please check the `load_roles` configuration
