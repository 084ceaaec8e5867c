# KubeSpawner, "port": of the server, and further ones
c.KubeSpawner.port = 8888
c.KubeSpawner.extra_container_config = {"ports": [{"containerPort": 4040, "name": "spark"}]}
