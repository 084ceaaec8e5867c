# KubeSpawner, "tolerations": an effect that does not exist
c.KubeSpawner.tolerations = [{"key": "gpu", "operator": "Exists", "effect": "NoScheduling"}]
# fails: line 2: c.KubeSpawner.tolerations: spec.tolerations[0].effect is 'NoScheduling', but should be one of NoSchedule, PreferNoSchedule, NoExecute
