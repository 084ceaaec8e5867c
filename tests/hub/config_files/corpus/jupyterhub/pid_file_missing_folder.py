# JupyterHub, "pid_file": in a folder that is missing
c.JupyterHub.pid_file = "/srv/no-such-folder/jupyterhub.pid"
# stops: line 2: c.JupyterHub.pid_file: needs the folder /srv/no-such-folder, which does not exist. /opt/app-root/data does.
