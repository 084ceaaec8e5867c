# KubeSpawner, "extra_annotations": a bool
c.KubeSpawner.extra_annotations = {"cluster-autoscaler.kubernetes.io/safe-to-evict": False}
# fails: line 2: c.KubeSpawner.extra_annotations: metadata.annotations['cluster-autoscaler.kubernetes.io/safe-to-evict'] should be text, but is bool. Write 'false'
