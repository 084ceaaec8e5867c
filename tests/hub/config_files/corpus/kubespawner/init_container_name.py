# KubeSpawner, "init_containers": a name with an underscore
c.KubeSpawner.init_containers = [{"name": "fetch_course", "image": "busybox"}]
# fails: line 2: c.KubeSpawner.init_containers: spec.containers has the name 'fetch_course', but a name should be lower case letters, digits and '-', at most 63, a letter or digit first and last
