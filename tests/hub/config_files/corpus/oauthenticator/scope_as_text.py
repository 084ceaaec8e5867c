# OAuthenticator, "scope": as the protocol writes it
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.scope = "openid profile"
# stops: line 3: c.GenericOAuthenticator.scope should be a list, but is str.
