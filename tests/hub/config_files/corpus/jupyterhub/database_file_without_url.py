# JupyterHub, "The hub's database": a file name
c.JupyterHub.db_url = "hub.sqlite"
