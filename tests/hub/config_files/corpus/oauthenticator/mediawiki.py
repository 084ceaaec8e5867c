# OAuthenticator, "MediaWiki setup"
c.JupyterHub.authenticator_class = "mediawiki"
c.MWOAuthenticator.client_id, c.MWOAuthenticator.client_secret = "id", "secret"
# stops: line 2: c.JupyterHub.authenticator_class is 'mediawiki', which cannot be imported (No module named 'mwoauth').
# stops: line 3: c.MWOAuthenticator.client_id is for an unknown class. Did you mean c.OAuthenticator.client_id?
# stops: line 3: c.MWOAuthenticator.client_secret is for an unknown class. Did you mean c.OAuthenticator.client_secret?
