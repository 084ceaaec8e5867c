# KubeSpawner, "cpu_limit": none
c.KubeSpawner.cpu_limit = None
c.KubeSpawner.mem_guarantee = None
c.KubeSpawner.gid = None
c.KubeSpawner.storage_class = None
c.KubeSpawner.working_dir = None
c.KubeSpawner.modify_pod_hook = None
