# KubeSpawner, "environment": a function that returns a number
c.KubeSpawner.environment = {"USER_ID": lambda spawner: 5}
# fails: line 2: c.KubeSpawner.environment: the variable 'USER_ID' should be text, but is int. Write '5'
