# OAuthenticator, "Globus setup"
c.JupyterHub.authenticator_class = "globus"
c.GlobusOAuthenticator.identity_provider = "example.org"
c.GlobusOAuthenticator.allowed_globus_groups = {"d11abe71-5132-4c04-a4ad-50926885dc8c"}
