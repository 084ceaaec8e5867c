# OAuthenticator, "CILogon setup": no identity provider
c.JupyterHub.authenticator_class = "cilogon"
c.CILogonOAuthenticator.client_id = "id"
