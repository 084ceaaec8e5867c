# Zero to JupyterHub, "hub.extraFiles": a file that is not there
from pathlib import Path

c.JupyterHub.template_vars = {"announcement": Path("/usr/local/etc/announcement").read_text()}
# stops: line 4: c.JupyterHub.template_vars: FileNotFoundError: [Errno 2] No such file or directory: '/usr/local/etc/announcement'
