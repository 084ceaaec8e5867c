# JupyterHub, "Internal SSL": a setting for the command line
c.JupyterHub.generate_certs = True
# stops: line 2: c.JupyterHub.generate_certs: makes the hub do only that, and exit. Remove it.
