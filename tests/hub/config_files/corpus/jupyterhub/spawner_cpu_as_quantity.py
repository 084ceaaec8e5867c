# JupyterHub, "Spawners": a limit as Kubernetes writes it
c.Spawner.cpu_limit = "500m"
# stops: line 2: c.Spawner.cpu_limit should be a number of CPUs. Write 0.5.
