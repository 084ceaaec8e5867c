# OAuthenticator, "GitHub setup"
import os

c.JupyterHub.authenticator_class = "github"
c.OAuthenticator.oauth_callback_url = "https://hub.example.org/hub/oauth_callback"
c.OAuthenticator.client_id = os.environ.get("GITHUB_CLIENT_ID", "id")
c.OAuthenticator.client_secret = os.environ.get("GITHUB_CLIENT_SECRET", "secret")
c.GitHubOAuthenticator.allowed_organizations = {"my-org", "other:team"}
c.GitHubOAuthenticator.scope = ["read:org"]
