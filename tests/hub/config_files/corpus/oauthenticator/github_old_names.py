# OAuthenticator 0.x, "GitHub setup"
c.JupyterHub.authenticator_class = "oauthenticator.GitHubOAuthenticator"
c.GitHubOAuthenticator.github_organization_whitelist = {"my-org"}
