# KubeSpawner, "extra_resource_limits": a part of a GPU
c.KubeSpawner.extra_resource_limits = {"nvidia.com/gpu": "0.5"}
# fails: line 2: c.KubeSpawner.extra_resource_limits: the container 'notebook' should have a whole number of nvidia.com/gpu, but has 0.5
