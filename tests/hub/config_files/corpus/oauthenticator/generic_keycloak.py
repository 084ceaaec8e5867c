# OAuthenticator, "Generic OAuthenticator setup": Keycloak
realm = "https://keycloak.example.org/realms/jupyter/protocol/openid-connect"
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id, c.GenericOAuthenticator.client_secret = "id", "secret"
c.GenericOAuthenticator.authorize_url = f"{realm}/auth"
c.GenericOAuthenticator.token_url = f"{realm}/token"
c.GenericOAuthenticator.userdata_url = f"{realm}/userinfo"
c.GenericOAuthenticator.username_claim = lambda user: user["preferred_username"].lower()
c.GenericOAuthenticator.scope = ["openid", "groups"]
c.GenericOAuthenticator.manage_groups = True
c.GenericOAuthenticator.auth_state_groups_key = "oauth_user.groups"
c.GenericOAuthenticator.admin_groups = {"admins"}
c.GenericOAuthenticator.allowed_groups = {"users"}
