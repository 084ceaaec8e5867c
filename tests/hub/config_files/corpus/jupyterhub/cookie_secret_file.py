# JupyterHub, "Security settings": a file with the secret
c.JupyterHub.cookie_secret_file = "/srv/jupyterhub/jupyterhub_cookie_secret"
