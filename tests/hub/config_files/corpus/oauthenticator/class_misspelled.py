# OAuthenticator, "Generic OAuthenticator setup": a misspelled class
c.JupyterHub.authenticator_class = "oauthenticator.generic.GenericOauthenticator"
# stops: line 2: c.JupyterHub.authenticator_class is 'oauthenticator.generic.GenericOauthenticator', which cannot be imported (No module named GenericOauthenticator).
