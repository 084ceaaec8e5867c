# KubeSpawner, "environment": from a secret, and by user
c.KubeSpawner.environment = {
    "PASSWORD": {"valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}},
    "OWNER": lambda spawner: spawner.user.name,
}
