# KubeSpawner, "privileged"
c.KubeSpawner.privileged = True
# fails: line 2: c.KubeSpawner.privileged: a privileged container needs allow_privilege_escalation, and rights that the hub does not have
