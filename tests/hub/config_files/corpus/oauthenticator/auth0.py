# OAuthenticator, "Auth0 setup"
c.JupyterHub.authenticator_class = "auth0"
c.Auth0OAuthenticator.auth0_domain = "prod-8ua-1yy9.auth0.com"
c.Auth0OAuthenticator.client_id = "id"
c.Auth0OAuthenticator.scope = ["openid", "email"]
