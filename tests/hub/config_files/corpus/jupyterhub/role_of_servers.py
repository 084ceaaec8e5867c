# JupyterHub, "RBAC": the scopes of a server's token
c.JupyterHub.load_roles = [{"name": "server", "scopes": ["users:activity!user", "access:servers!server"]}]
c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!server", "read:users:name!user"]
c.Spawner.oauth_client_allowed_scopes = ["read:users:groups!user"]
