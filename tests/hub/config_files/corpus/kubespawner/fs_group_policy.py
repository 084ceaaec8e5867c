# KubeSpawner, "pod_security_context": a misspelled policy
c.KubeSpawner.pod_security_context = {"fsGroupChangePolicy": "OnRootMissmatch"}
# fails: line 2: c.KubeSpawner.pod_security_context: spec.securityContext.fsGroupChangePolicy is 'OnRootMissmatch', but should be one of OnRootMismatch, Always
