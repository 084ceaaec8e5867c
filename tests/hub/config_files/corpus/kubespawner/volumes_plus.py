# KubeSpawner, "volumes": one more, added
c.KubeSpawner.volumes += [{"name": "scratch", "emptyDir": {}}]
# stops: line 2: c.KubeSpawner.volumes has no value yet, which could be changed in place. Assign it, or write c.KubeSpawner.volumes.extend([...])
