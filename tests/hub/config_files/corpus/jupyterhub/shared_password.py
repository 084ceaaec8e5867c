# JupyterHub, "Authenticators": one password for all users
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = "a long shared password"
c.SharedPasswordAuthenticator.admin_password = "a much longer password, at least 32 characters"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"carol"}
