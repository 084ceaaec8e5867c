# JupyterHub, "Authentication and users": a list where a set is meant
c.Authenticator.allowed_users = ["mal", "zoe"]
