# KubeSpawner, "volume_mounts": a volume that is not there
c.KubeSpawner.volume_mounts = [{"name": "shared", "mountPath": "/home/shared"}]
# fails: line 2: c.KubeSpawner.volume_mounts: the container 'notebook' mounts the volume 'shared', which the pod does not have
