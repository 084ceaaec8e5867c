# KubeSpawner, "extra_labels", "extra_annotations"
c.KubeSpawner.extra_labels = {"team": "physics", "example.org/course": "ph-101"}
c.KubeSpawner.extra_annotations = {"note": "any text, with: signs & more"}
c.KubeSpawner.common_labels = {"owner": "physics"}
