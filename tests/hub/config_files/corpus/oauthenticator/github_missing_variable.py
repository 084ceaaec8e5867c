# OAuthenticator, "GitHub setup": a variable that is not set
import os

c.JupyterHub.authenticator_class = "github"
c.OAuthenticator.client_id = os.environ["GITHUB_CLIENT_ID"]
# stops: line 5: c.OAuthenticator.client_id: needs the environment variable 'GITHUB_CLIENT_ID', which is not set. An example that works: oc set data secret/jupyterhub GITHUB_CLIENT_ID=...
