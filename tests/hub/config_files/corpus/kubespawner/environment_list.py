# KubeSpawner, "environment": a list
c.KubeSpawner.environment = {"PATHS": ["/a", "/b"]}
# fails: line 2: c.KubeSpawner.environment: the variable 'PATHS' should be text, but is list
