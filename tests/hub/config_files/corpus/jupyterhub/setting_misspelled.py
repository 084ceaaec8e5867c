# JupyterHub, "Configuration basics": a misspelled setting
c.JupyterHub.admin_acess = True
# stops: line 2: c.JupyterHub.admin_acess is not a setting.
