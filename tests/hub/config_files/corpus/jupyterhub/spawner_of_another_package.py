# JupyterHub, "Spawners": containers of Docker
c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
c.DockerSpawner.image = "quay.io/jupyter/base-notebook"
# stops: line 2: c.JupyterHub.spawner_class is 'dockerspawner.DockerSpawner', which cannot be imported (No module named 'dockerspawner').
# stops: line 3: c.DockerSpawner.image is for an unknown class.
