# JupyterHub, "Authentication and users": accounts of the system
c.JupyterHub.authenticator_class = "pam"
c.LocalAuthenticator.create_system_users = True
c.PAMAuthenticator.open_sessions = False
c.PAMAuthenticator.allowed_groups = {"students"}
