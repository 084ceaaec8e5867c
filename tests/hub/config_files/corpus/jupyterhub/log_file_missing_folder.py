# JupyterHub, "extra_log_file": in a folder that is missing
c.JupyterHub.extra_log_file = "/srv/no-such-folder/jupyterhub.log"
# stops: line 2: c.JupyterHub.extra_log_file: needs the folder /srv/no-such-folder, which does not exist. /opt/app-root/data does.
