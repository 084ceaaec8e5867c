# KubeSpawner, "node_selector", "tolerations", "affinity"
c.KubeSpawner.node_selector = {"disktype": "ssd"}
c.KubeSpawner.tolerations = [
    {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
    {"key": "key", "operator": "Exists", "tolerationSeconds": 60},
]
c.KubeSpawner.node_affinity_required = [
    {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]}
]
c.KubeSpawner.pod_affinity_preferred = [
    {
        "weight": 100,
        "podAffinityTerm": {
            "labelSelector": {"matchLabels": {"component": "singleuser-server"}},
            "topologyKey": "kubernetes.io/hostname",
        },
    }
]
c.KubeSpawner.priority_class_name = "low"
c.KubeSpawner.scheduler_name = "my-scheduler"
