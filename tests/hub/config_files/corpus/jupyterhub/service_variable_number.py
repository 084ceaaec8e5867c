# JupyterHub, "Services": a number as a variable
import sys

c.JupyterHub.services = [{"name": "grades", "command": [sys.executable, "-V"], "environment": {"LEVEL": 1}}]
# stops: line 4: c.JupyterHub.services: the variable 'LEVEL' of the service 'grades' should be text, but is int
