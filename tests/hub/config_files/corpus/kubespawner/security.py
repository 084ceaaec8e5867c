# KubeSpawner, "uid", "security context"
c.KubeSpawner.uid = 1000
c.KubeSpawner.fs_gid = 100
c.KubeSpawner.supplemental_gids = [1001]
c.KubeSpawner.container_security_context = {"readOnlyRootFilesystem": True}
c.KubeSpawner.pod_security_context = {"fsGroupChangePolicy": "OnRootMismatch"}
