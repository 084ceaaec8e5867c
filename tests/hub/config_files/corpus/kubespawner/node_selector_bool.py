# KubeSpawner, "node_selector": a bool
c.KubeSpawner.node_selector = {"gpu": True}
# fails: line 2: c.KubeSpawner.node_selector: spec.nodeSelector['gpu'] should be text, but is bool. Write 'true'
