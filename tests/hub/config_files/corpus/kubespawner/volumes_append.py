# KubeSpawner, "volumes": one more
c.KubeSpawner.volumes.append({"name": "scratch", "emptyDir": {}})
c.KubeSpawner.volume_mounts.extend([{"name": "scratch", "mountPath": "/scratch"}])
