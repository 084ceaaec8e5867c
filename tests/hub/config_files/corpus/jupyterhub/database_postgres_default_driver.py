# JupyterHub, "The hub's database": PostgreSQL without a driver in the URL
c.JupyterHub.db_url = "postgresql://hub:secret@127.0.0.1:1/hub"
# stops: line 2: c.JupyterHub.db_url: needs a driver that this image does not have. Add psycopg (or write postgresql+psycopg2:// in the URL) to your requirements.txt.
