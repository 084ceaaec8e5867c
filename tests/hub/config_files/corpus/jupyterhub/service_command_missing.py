# JupyterHub, "Services": a command that the image does not have
c.JupyterHub.services = [{"name": "grades", "command": ["nbgrader-service", "--port=9999"]}]
# stops: line 2: c.JupyterHub.services: has the service 'grades' with the command 'nbgrader-service', which does not exist
