# KubeSpawner, "volume_mounts": a misspelled placeholder
c.KubeSpawner.volumes = [{"name": "shared", "persistentVolumeClaim": {"claimName": "shared"}}]
c.KubeSpawner.volume_mounts = [{"name": "shared", "mountPath": "/data", "subPath": "{user}"}]
# fails: line 3: c.KubeSpawner.volume_mounts: has the placeholder {user}, which does not exist. Did you mean {userid}?
