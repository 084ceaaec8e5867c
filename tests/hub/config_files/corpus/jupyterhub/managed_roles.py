# JupyterHub, "Authenticators": roles from the login
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.manage_roles = True
c.JupyterHub.load_roles = [{"name": "teacher", "scopes": ["self"]}]
