# KubeSpawner, "enable_user_namespaces"
c.KubeSpawner.enable_user_namespaces = True
# fails: line 2: c.KubeSpawner.enable_user_namespaces: needs the rights of a cluster admin, which the hub does not have. Remove it.
