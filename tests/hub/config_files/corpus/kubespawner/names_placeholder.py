# KubeSpawner, "Templated fields": a placeholder that does not exist
c.KubeSpawner.pod_name_template = "jupyter-{user}"
# fails: line 2: c.KubeSpawner.pod_name_template: has the placeholder {user}, which does not exist. Did you mean {userid}?
