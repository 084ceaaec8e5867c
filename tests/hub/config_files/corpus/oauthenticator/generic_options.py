# OAuthenticator, "Generic OAuthenticator setup": requests and hooks
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.token_params = {"audience": "hub"}
c.GenericOAuthenticator.userdata_params = {"state": "state"}
c.GenericOAuthenticator.userdata_token_method = "url"
c.GenericOAuthenticator.basic_auth = True
c.GenericOAuthenticator.enable_pkce = False
c.GenericOAuthenticator.logout_redirect_url = "https://example.org"
c.GenericOAuthenticator.modify_auth_state_hook = lambda authenticator, state: state
