# KubeSpawner, "extra_labels": what no label may have
c.KubeSpawner.extra_labels = {"mail": "{unescaped_username}@example.org"}
# fails: line 2: c.KubeSpawner.extra_labels: metadata.labels['mail'] is 'sample-user@example.org', but a value should be letters, digits, '-', '_' and '.', at most 63, a letter or digit first and last
