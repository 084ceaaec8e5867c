# JupyterHub, "Services": a misspelled key
c.JupyterHub.services = [{"name": "grades", "comand": ["grades"]}]
# stops: line 2: c.JupyterHub.services: has a service with the unknown key 'comand'; did you mean 'command'?
