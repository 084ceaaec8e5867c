# KubeSpawner, "volumes": a shared folder
c.KubeSpawner.volumes = [{"name": "shared", "persistentVolumeClaim": {"claimName": "shared"}}]
c.KubeSpawner.volume_mounts = [{"name": "shared", "mountPath": "/home/shared", "readOnly": True}]
