# JupyterHub, "Services": a command that is no list
c.JupyterHub.services = [{"name": "grades", "command": "python3 -m grades"}]
# stops: line 2: c.JupyterHub.services: Expecting value: line 1 column 1 (char 0)
