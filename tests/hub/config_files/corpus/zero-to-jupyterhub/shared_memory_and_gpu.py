# Zero to JupyterHub, "Customizing user resources": GPU and larger shared memory
c.KubeSpawner.extra_resource_limits = {"nvidia.com/gpu": 1}
c.KubeSpawner.volumes = [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}}]
c.KubeSpawner.volume_mounts = [{"name": "shm", "mountPath": "/dev/shm"}]
