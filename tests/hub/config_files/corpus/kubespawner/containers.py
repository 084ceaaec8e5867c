# KubeSpawner, "init_containers", "extra_containers", "lifecycle_hooks"
c.KubeSpawner.init_containers = [
    {
        "name": "fetch",
        "image": "alpine/git",
        "command": ["git", "clone", "https://example.org/course.git", "/data"],
        "volumeMounts": [{"name": "course", "mountPath": "/data"}],
        "securityContext": {"runAsNonRoot": True},
    }
]
c.KubeSpawner.volumes = [{"name": "course", "emptyDir": {}}]
c.KubeSpawner.extra_containers = [{"name": "crontab", "image": "supercronic", "command": ["supercronic"]}]
c.KubeSpawner.lifecycle_hooks = {"postStart": {"exec": {"command": ["touch", "/tmp/started"]}}}
