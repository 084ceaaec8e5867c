# JupyterHub, "Spawners": processes of the hub's own user
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.authenticator_class = "dummy"
