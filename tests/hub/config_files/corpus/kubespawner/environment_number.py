# KubeSpawner, "environment": a number
c.KubeSpawner.environment = {"OMP_NUM_THREADS": 4}
# fails: line 2: c.KubeSpawner.environment: the variable 'OMP_NUM_THREADS' should be text, but is int. Write '4'
