# KubeSpawner, "extra_container_config": a port that does not exist
c.KubeSpawner.extra_container_config = {"ports": [{"containerPort": 80800}]}
# fails: line 2: c.KubeSpawner.extra_container_config: the containerPort 80800 should be a number from 1 to 65535
