# JupyterHub, "Configuration basics": a misspelled class
c.Jupyterhub.port = 8000
# stops: line 2: c.Jupyterhub.port is for an unknown class. Did you mean c.JupyterHub.port?
