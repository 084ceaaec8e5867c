# JupyterHub, "Services": a user that does not exist
import sys

c.JupyterHub.services = [{"name": "grades", "command": [sys.executable, "-V"], "user": "grader"}]
# stops: line 4: c.JupyterHub.services: has the service 'grades' with the user 'grader', who does not exist in this image
