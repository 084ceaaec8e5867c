# LTIAuthenticator, "LTI 1.1"
c.JupyterHub.authenticator_class = "ltiauthenticator.LTIAuthenticator"
c.LTI11Authenticator.consumers = {"key": "secret"}
# stops: line 2: c.JupyterHub.authenticator_class is 'ltiauthenticator.LTIAuthenticator', which cannot be imported (No module named 'ltiauthenticator').
# stops: line 3: c.LTI11Authenticator.consumers is for an unknown class.
