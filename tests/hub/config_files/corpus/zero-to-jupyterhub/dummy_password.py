# Zero to JupyterHub, "Authentication": a password for all
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "a-shared-secret-password"
