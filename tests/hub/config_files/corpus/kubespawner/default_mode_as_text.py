# KubeSpawner, "volumes": a mode as text
c.KubeSpawner.volumes = [{"name": "keys", "secret": {"secretName": "keys", "defaultMode": "0400"}}]
# fails: line 2: c.KubeSpawner.volumes: spec.volumes['keys'].secret.defaultMode should be a number, but is str
