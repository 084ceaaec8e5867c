# KubeSpawner, "volumes": a misspelled source
c.KubeSpawner.volumes = [{"name": "shared", "persistentVolumClaim": {"claimName": "shared"}}]
# fails: line 2: c.KubeSpawner.volumes: has 'persistentVolumClaim', which is not a field of a Volume in the Kubernetes API; did you mean 'persistentVolumeClaim'?
