# KubeSpawner, "storage": a claim for each user
c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.storage_class = "fast"
c.KubeSpawner.storage_access_modes = ["ReadWriteMany"]
c.KubeSpawner.storage_capacity = "200Mi"
c.KubeSpawner.storage_extra_labels = {"course": "physics"}
c.KubeSpawner.storage_selector = {"matchLabels": {"content": "jupyter"}}
