# KubeSpawner, "extra_labels": a value with blanks
c.KubeSpawner.extra_labels = {"department": "Physics & Maths"}
# fails: line 2: c.KubeSpawner.extra_labels: metadata.labels['department'] is 'Physics & Maths', but a value should be letters, digits, '-', '_' and '.', at most 63, a letter or digit first and last
