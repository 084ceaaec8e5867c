# KubeSpawner, "storage": a size that is no quantity
c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.storage_capacity = "10 GB"
# fails: line 3: c.KubeSpawner.storage_capacity: spec.resources.requests['storage'] is not a Kubernetes quantity (a number, then nothing, m, k, M, G, T, Ki, Mi, Gi or Ti)
