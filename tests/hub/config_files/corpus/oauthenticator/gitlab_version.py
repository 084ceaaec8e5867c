# OAuthenticator 0.x, "GitLab setup"
c.JupyterHub.authenticator_class = "gitlab"
c.GitLabOAuthenticator.gitlab_version = "15"
# stops: line 3: c.GitLabOAuthenticator.gitlab_version is not a setting. Did you mean c.GitLabOAuthenticator.gitlab_api_version?
