# Zero to JupyterHub, "Customizing user environment": the interface
c.Spawner.default_url = "/lab"
c.KubeSpawner.environment = {"JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp"}
