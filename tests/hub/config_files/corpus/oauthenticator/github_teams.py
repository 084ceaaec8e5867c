# OAuthenticator, "GitHub setup": teams, of an own server
c.JupyterHub.authenticator_class = "github"
c.GitHubOAuthenticator.github_url = "https://github.example.org"
c.GitHubOAuthenticator.allowed_organizations = {"physics:lab"}
c.GitHubOAuthenticator.populate_teams_in_auth_state = True
