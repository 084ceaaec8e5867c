# KubeSpawner, "extra_pod_config": a text where a number is meant
c.KubeSpawner.extra_pod_config = {"terminationGracePeriodSeconds": "60"}
# fails: line 2: c.KubeSpawner.extra_pod_config: spec.terminationGracePeriodSeconds should be a number, but is str
