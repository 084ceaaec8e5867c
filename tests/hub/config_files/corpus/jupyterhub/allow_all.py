# JupyterHub, "Authentication and users": everyone who can log in
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
