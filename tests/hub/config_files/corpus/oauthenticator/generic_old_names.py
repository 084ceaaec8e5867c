# OAuthenticator 15, "Generic OAuthenticator setup"
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.username_key = "preferred_username"
c.GenericOAuthenticator.extra_params = {"a": "b"}
c.GenericOAuthenticator.claim_groups_key = "groups"
c.GenericOAuthenticator.tls_verify = False
# stops: line 6: c.GenericOAuthenticator.tls_verify has no effect. Write c.OAuthenticator.validate_server_cert instead.
