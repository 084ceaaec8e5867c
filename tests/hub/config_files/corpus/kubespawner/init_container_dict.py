# KubeSpawner, "init_containers": a dict
c.KubeSpawner.init_containers = {"10-hello": {"name": "hello", "image": "busybox", "command": ["echo", "hi"]}}
