# JupyterHub, "RBAC": roles for users, groups and services
c.JupyterHub.services = [{"name": "grades", "api_token": "super-secret-token-of-grades"}]
c.JupyterHub.load_groups = {"instructors": {"users": ["charlie"], "properties": {"course": "physics"}}}
c.JupyterHub.load_roles = [
    {"name": "server-rights", "description": "Start servers", "scopes": ["servers"], "users": ["alice"]},
    {"name": "instructor", "scopes": ["list:users!group=students"], "groups": ["instructors"]},
    {"name": "grader", "scopes": ["read:users:name", "groups"], "services": ["grades"]},
]
