# KubeSpawner, "environment": texts, a function and a secret
c.KubeSpawner.environment = {
    "GREETING": "hello {username}",
    "NAME": lambda spawner: spawner.user.name,
    "PASSWORD": {"valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}},
    "HOST_IP": {"name": "HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
}
