# KubeSpawner, "storage_capacity": a unit that Kubernetes does not have
c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.storage_capacity = "5GB"
# fails: line 3: c.KubeSpawner.storage_capacity: spec.resources.requests['storage'] is not a Kubernetes quantity (a number, then nothing, m, k, M, G, T, Ki, Mi, Gi or Ti)
