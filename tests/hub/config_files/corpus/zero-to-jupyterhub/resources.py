# Zero to JupyterHub, "Customizing user resources"
c.KubeSpawner.mem_limit = "1G"
c.KubeSpawner.mem_guarantee = "1G"
c.KubeSpawner.cpu_limit = 0.5
c.KubeSpawner.cpu_guarantee = 0.5
