# KubeSpawner, "storage_pvc_ensure": a claim without a size
c.KubeSpawner.storage_pvc_ensure = True
# fails: line 2: c.KubeSpawner.storage_pvc_ensure: the claim has no size. Write c.KubeSpawner.storage_capacity = '1Gi'
