# JupyterHub, "Spawners": a limit as Kubernetes writes it
c.Spawner.mem_limit = "512Mi"
# stops: line 2: c.Spawner.mem_limit should be a number of bytes, or one with K, M, G or T (powers of 1024). Write '512M'.
