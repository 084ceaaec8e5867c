# JupyterHub, "The hub's database": a password with a bracket
c.JupyterHub.db_url = "postgresql+psycopg2://hub:a]b@127.0.0.1:5432/hub"
# stops: line 2: c.JupyterHub.db_url: is not a database URL. Quote special characters in the password with urllib.parse.quote(password, safe=''). An example that works: postgresql+psycopg2://user:password@host:5432/database
