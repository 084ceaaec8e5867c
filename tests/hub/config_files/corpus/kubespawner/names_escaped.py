# KubeSpawner 6, "Templated fields": the old scheme
c.KubeSpawner.slug_scheme = "escape"
c.KubeSpawner.pod_name_template = "jupyter-{username}--{servername}"
