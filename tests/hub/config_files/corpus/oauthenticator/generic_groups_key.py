# OAuthenticator 16, "Generic OAuthenticator setup": groups that nobody manages, by an old name
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.manage_groups = False
c.GenericOAuthenticator.claim_groups_key = "groups"
# stops: line 4: c.GenericOAuthenticator.claim_groups_key: GenericOAuthenticator.claim_groups_key requires GenericOAuthenticator.manage_groups to also be set
