# JupyterHub, "Authenticators": an admin password that is too short
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.admin_password = "short"
# stops: line 3: c.SharedPasswordAuthenticator.admin_password: SharedPasswordAuthenticator.admin_password must be at least 32 characters, not 5.
