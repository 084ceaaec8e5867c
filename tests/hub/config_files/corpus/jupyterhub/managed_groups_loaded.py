# JupyterHub, "load_groups": beside groups from the login
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.manage_groups = True
c.JupyterHub.load_groups = {"students": ["alice"]}
# stops: line 4: c.JupyterHub.load_groups: Group management has been offloaded to the authenticator
