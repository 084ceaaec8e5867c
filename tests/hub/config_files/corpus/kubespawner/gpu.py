# KubeSpawner, "extra_resource_limits": the same limit and request
c.KubeSpawner.extra_resource_limits = {"nvidia.com/gpu": 1}
c.KubeSpawner.extra_resource_guarantees = {"nvidia.com/gpu": "1"}
