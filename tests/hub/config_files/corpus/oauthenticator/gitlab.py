# OAuthenticator, "GitLab setup"
c.JupyterHub.authenticator_class = "gitlab"
c.GitLabOAuthenticator.gitlab_url = "https://gitlab.example.org"
c.GitLabOAuthenticator.client_id, c.GitLabOAuthenticator.client_secret = "id", "secret"
c.GitLabOAuthenticator.allowed_gitlab_groups = {"physics"}
c.GitLabOAuthenticator.allowed_project_ids = {42}
