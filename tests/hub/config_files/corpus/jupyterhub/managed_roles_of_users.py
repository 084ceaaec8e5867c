# JupyterHub, "Authenticators": roles from the login, and of a user
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.manage_roles = True
c.JupyterHub.load_roles = [{"name": "teacher", "scopes": ["self"], "users": ["alice"]}]
# stops: line 4: c.JupyterHub.load_roles: When authenticator manages roles, `load_roles` can not be used for assigning roles to users nor groups. Offending roles: [{'name': 'teacher', 'scopes': ['self'], 'users': ['alice']}]
