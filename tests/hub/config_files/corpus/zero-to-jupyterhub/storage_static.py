# Zero to JupyterHub, "Customizing user storage": one volume with a folder for each user
c.KubeSpawner.volumes = [{"name": "home", "persistentVolumeClaim": {"claimName": "nfs-homes"}}]
c.KubeSpawner.volume_mounts = [
    {"name": "home", "mountPath": "/opt/app-root/src", "subPath": "home/{username}"}
]
