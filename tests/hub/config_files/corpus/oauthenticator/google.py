# OAuthenticator, "Google setup"
c.JupyterHub.authenticator_class = "google"
c.GoogleOAuthenticator.client_id, c.GoogleOAuthenticator.client_secret = "id", "secret"
c.GoogleOAuthenticator.hosted_domain = ["example.org"]
c.GoogleOAuthenticator.allowed_users = {"alice@example.org"}
c.GoogleOAuthenticator.login_service = "My College"
