# JupyterHub, "The hub's database": SQLite in a folder that is missing
c.JupyterHub.db_url = "sqlite:////srv/no-such-folder/jupyterhub.sqlite"
# stops: line 2: c.JupyterHub.db_url: needs the folder /srv/no-such-folder, which does not exist. /opt/app-root/data does.
