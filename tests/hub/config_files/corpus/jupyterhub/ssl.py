# JupyterHub, "Security settings": a certificate for the proxy
c.JupyterHub.ssl_key = "/path/to/my.key"
c.JupyterHub.ssl_cert = "/path/to/my.cert"
