# OAuthenticator, "Azure AD setup"
c.JupyterHub.authenticator_class = "azuread"
c.AzureAdOAuthenticator.tenant_id = "00000000-0000-0000-0000-000000000000"
c.AzureAdOAuthenticator.client_id, c.AzureAdOAuthenticator.client_secret = "id", "secret"
c.AzureAdOAuthenticator.username_claim = "unique_name"
c.AzureAdOAuthenticator.scope = ["openid", "profile", "email"]
