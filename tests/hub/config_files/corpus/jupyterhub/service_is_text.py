# JupyterHub, "Services": a name where a dict is meant
c.JupyterHub.services = ["grades"]
# stops: line 2: c.JupyterHub.services should have a dict in each place, but has str.
