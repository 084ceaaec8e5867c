# KubeSpawner, "Templated fields": a name in upper case
c.KubeSpawner.pod_name_template = "Jupyter-{username}"
# fails: line 2: c.KubeSpawner.pod_name_template: metadata.name is 'Jupyter-sample-user', but should be lower case letters, digits and '-', at most 63, a letter or digit first and last
