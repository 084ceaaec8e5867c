# KubeSpawner, "extra_resource_guarantees": a GPU without a limit
c.KubeSpawner.extra_resource_guarantees = {"nvidia.com/gpu": "1"}
# fails: line 2: c.KubeSpawner.extra_resource_guarantees: the container 'notebook' should have the same limit and request of nvidia.com/gpu
