# KubeSpawner, "Installation": the spawner
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.KubeSpawner.start_timeout = 600
c.KubeSpawner.http_timeout = 60
c.KubeSpawner.events_enabled = True
c.KubeSpawner.delete_grace_period = 5
