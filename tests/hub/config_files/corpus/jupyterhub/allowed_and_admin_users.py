# JupyterHub, "Authentication and users": named users and admins
c.JupyterHub.authenticator_class = "github"
c.Authenticator.allowed_users = {"mal", "zoe", "inara", "kaylee"}
c.Authenticator.admin_users = {"mal"}
c.Authenticator.blocked_users = {"saffron"}
c.Authenticator.delete_invalid_users = True
