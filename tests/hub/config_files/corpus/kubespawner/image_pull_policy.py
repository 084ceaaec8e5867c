# KubeSpawner, "image_pull_policy": one that does not exist
c.KubeSpawner.image_pull_policy = "Sometimes"
# fails: line 2: c.KubeSpawner.image_pull_policy: spec.containers['notebook'].imagePullPolicy is 'Sometimes', but should be one of Always, IfNotPresent, Never
