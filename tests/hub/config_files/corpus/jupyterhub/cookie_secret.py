# JupyterHub, "Security settings": the secret of the cookies
c.JupyterHub.cookie_secret = bytes.fromhex("0f" * 32)
c.JupyterHub.cookie_max_age_days = 7
