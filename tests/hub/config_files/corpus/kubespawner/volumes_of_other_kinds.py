# KubeSpawner, "volumes": projected, CSI and ephemeral ones
claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
c.KubeSpawner.volumes = [
    {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
    {"name": "store", "csi": {"driver": "secrets-store.csi.k8s.io", "readOnly": True}},
    {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": claim}}},
]
c.KubeSpawner.volume_mounts = [{"name": "scratch", "mountPath": "/scratch"}]
