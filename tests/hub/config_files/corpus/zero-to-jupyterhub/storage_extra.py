# Zero to JupyterHub, "Customizing user storage": more volumes
c.KubeSpawner.volumes = [
    {"name": "jupyterhub-shared", "persistentVolumeClaim": {"claimName": "jupyterhub-shared-volume"}},
    {"name": "shm-volume", "emptyDir": {"medium": "Memory"}},
]
c.KubeSpawner.volume_mounts = [
    {"name": "jupyterhub-shared", "mountPath": "/home/shared"},
    {"name": "shm-volume", "mountPath": "/dev/shm"},
]
