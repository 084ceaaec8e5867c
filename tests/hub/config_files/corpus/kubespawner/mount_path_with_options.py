# KubeSpawner, "volume_mounts": an option as Docker has it
c.KubeSpawner.volumes = [{"name": "data", "emptyDir": {}}]
c.KubeSpawner.volume_mounts = [{"name": "data", "mountPath": "/data:ro"}]
# fails: line 3: c.KubeSpawner.volume_mounts: the mountPath '/data:ro' should have no ':'
