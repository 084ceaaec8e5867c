# KubeSpawner, "volumes": a home by name
c.KubeSpawner.volumes = {
    "user-volume": {
        "name": "volume-{user_server}",
        "persistentVolumeClaim": {"claimName": "{pvc_name}"},
    }
}
c.KubeSpawner.volume_mounts = {"user-volume": {"mountPath": "/home/jovyan", "name": "volume-{user_server}"}}
