# KubeSpawner, "volumes": a source without its claim
c.KubeSpawner.volumes = [{"name": "shared", "persistentVolumeClaim": {"claim": "shared"}}]
# fails: line 2: c.KubeSpawner.volumes: spec.volumes['shared'].persistentVolumeClaim.claim is not a field of the Kubernetes API; did you mean 'claimName'?
# fails: line 2: c.KubeSpawner.volumes: spec.volumes['shared'].persistentVolumeClaim.claimName is missing
