# JupyterHub 1, "Authentication and users": names that still work
c.Authenticator.whitelist = {"mal", "zoe"}
c.JupyterHub.admin_users = {"mal"}
