# KubeSpawner, "extra_pod_config": a misspelled field
c.KubeSpawner.extra_pod_config = {"hostAliasses": []}
# fails: line 2: c.KubeSpawner.extra_pod_config: has 'hostAliasses', which is not a field of a PodSpec in the Kubernetes API; did you mean 'hostAliases'?
