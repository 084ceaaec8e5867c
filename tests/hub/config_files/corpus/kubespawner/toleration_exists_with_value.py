# KubeSpawner, "tolerations": an operator that has no value
c.KubeSpawner.tolerations = [{"key": "dedicated", "operator": "Exists", "value": "gpu"}]
# fails: line 2: c.KubeSpawner.tolerations: a toleration with the operator Exists has no value, but one has 'gpu'
