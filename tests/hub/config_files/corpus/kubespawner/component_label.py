# KubeSpawner, "component_label" and "common_labels"
c.KubeSpawner.component_label = "lab"
c.KubeSpawner.common_labels = {"app": "physics", "heritage": "jupyterhub"}
