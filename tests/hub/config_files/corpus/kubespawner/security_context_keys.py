# KubeSpawner, "security context": a key in snake case
c.KubeSpawner.container_security_context = {"run_as_user": 1000}
# fails: line 2: c.KubeSpawner.container_security_context: container_security_context's keys should have k8s camelCase names, got 'run_as_user'
