# KubeSpawner, "storage_access_modes": the short form of oc get
c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.storage_capacity = "5Gi"
c.KubeSpawner.storage_access_modes = ["RWX"]
# fails: line 4: c.KubeSpawner.storage_access_modes: spec.accessModes[0] is 'RWX', but should be one of ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod
