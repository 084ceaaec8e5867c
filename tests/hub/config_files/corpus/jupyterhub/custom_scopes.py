# JupyterHub, "RBAC": scopes of one's own
c.JupyterHub.custom_scopes = {
    "custom:grades:read": {"description": "Read grades"},
    "custom:grades:write": {"description": "Write grades", "subscopes": ["custom:grades:read"]},
}
c.JupyterHub.load_roles = [{"name": "grader", "scopes": ["custom:grades:write"], "users": ["alice"]}]
