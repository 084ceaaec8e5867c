# KubeSpawner, "tolerations": a misspelled field
c.KubeSpawner.tolerations = [{"key": "gpu", "opperator": "Exists"}]
# fails: line 2: c.KubeSpawner.tolerations: has 'opperator', which is not a field of a Toleration in the Kubernetes API; did you mean 'operator'?
