# JupyterHub, "The hub's database": PostgreSQL that is not there
c.JupyterHub.db_url = "postgresql+psycopg2://hub:secret@127.0.0.1:1/hub"
# stops: line 2: c.JupyterHub.db_url: cannot be used: connection to server at "127.0.0.1", port 1 failed: Connection refused Is the server running on that host and accepting TCP/IP connections?
