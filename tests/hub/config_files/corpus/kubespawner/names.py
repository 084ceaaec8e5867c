# KubeSpawner, "Templated fields"
c.KubeSpawner.pod_name_template = "jupyter-{user_server}"
c.KubeSpawner.pvc_name_template = "claim-{user_server}"
c.KubeSpawner.working_dir = "/home/{username}"
