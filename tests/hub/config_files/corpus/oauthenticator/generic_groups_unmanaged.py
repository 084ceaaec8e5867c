# OAuthenticator, "Generic OAuthenticator setup": groups that nobody manages
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.manage_groups = False
c.GenericOAuthenticator.allowed_groups = {"users"}
# stops: line 4: c.GenericOAuthenticator.allowed_groups: GenericOAuthenticator.allowed_groups requires GenericOAuthenticator.manage_groups to also be set
