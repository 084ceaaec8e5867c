# OAuthenticator, "Auth0 setup": no domain
c.JupyterHub.authenticator_class = "auth0"
c.Auth0OAuthenticator.client_id = "id"
