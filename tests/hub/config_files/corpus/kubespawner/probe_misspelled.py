# KubeSpawner, "extra_container_config": a probe with Python's names
c.KubeSpawner.extra_container_config = {"livenessProbe": {"http_get": {"path": "/api", "port": 8080}}}
# fails: line 2: c.KubeSpawner.extra_container_config: spec.containers['notebook'].livenessProbe.http_get is not a field of the Kubernetes API; did you mean 'httpGet'?
