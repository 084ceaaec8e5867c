# KubeSpawner 0.x: names before 1.0
c.KubeSpawner.singleuser_image_spec = "jupyter/base-notebook"
c.KubeSpawner.user_storage_pvc_ensure = True
# stops: line 2: c.KubeSpawner.singleuser_image_spec has no effect. Write c.KubeSpawner.image instead.
