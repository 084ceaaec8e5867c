# JupyterHub, "Security settings": a secret of three letters
c.JupyterHub.cookie_secret = "abc"
# stops: line 2: c.JupyterHub.cookie_secret: cookie_secret set as a string must contain an even amount of hexadecimal characters.
