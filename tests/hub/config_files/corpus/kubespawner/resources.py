# KubeSpawner, "mem_limit", "cpu_limit", "extra_resource_limits"
c.KubeSpawner.cpu_limit = 2
c.KubeSpawner.cpu_guarantee = 0.5
c.KubeSpawner.mem_limit = "2G"
c.KubeSpawner.mem_guarantee = "512M"
c.KubeSpawner.extra_resource_limits = {"nvidia.com/gpu": "1"}
c.KubeSpawner.extra_resource_guarantees = {"nvidia.com/gpu": "1"}
