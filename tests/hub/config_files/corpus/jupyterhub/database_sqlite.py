# JupyterHub, "The hub's database": a file in memory
c.JupyterHub.db_url = "sqlite://"
