# OAuthenticator, "Google setup": groups
c.JupyterHub.authenticator_class = "google"
c.GoogleOAuthenticator.allowed_google_groups = {"example.org": {"students"}}
c.GoogleOAuthenticator.admin_google_groups = {"example.org": {"staff"}}
