# JupyterHub, "Services": a folder that does not exist
import sys

c.JupyterHub.services = [{"name": "grades", "command": [sys.executable, "-V"], "cwd": "/srv/grades"}]
# stops: line 4: c.JupyterHub.services: has the service 'grades' with the folder '/srv/grades', which does not exist
