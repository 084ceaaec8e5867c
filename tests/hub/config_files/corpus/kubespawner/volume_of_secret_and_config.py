# KubeSpawner, "volumes": files of a secret and a config map
c.KubeSpawner.volumes = [
    {"name": "credentials", "secret": {"secretName": "credentials", "defaultMode": 256}},
    {"name": "settings", "configMap": {"name": "settings", "items": [{"key": "a", "path": "a.txt"}]}},
    {"name": "nfs", "nfs": {"server": "nfs.example.org", "path": "/export"}},
]
c.KubeSpawner.volume_mounts = [
    {"name": "credentials", "mountPath": "/etc/credentials"},
    {"name": "settings", "mountPath": "/etc/settings/a.txt", "subPath": "a.txt"},
    {"name": "nfs", "mountPath": "/data", "subPath": "{username}"},
]
