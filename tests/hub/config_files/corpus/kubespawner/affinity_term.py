# KubeSpawner, "pod_affinity_preferred": a term in the wrong place
c.KubeSpawner.pod_affinity_preferred = [{"weight": 100, "labelSelector": {"matchLabels": {"a": "b"}}}]
# fails: line 2: c.KubeSpawner.pod_affinity_preferred: has 'labelSelector', which is not a field of a WeightedPodAffinityTerm in the Kubernetes API
