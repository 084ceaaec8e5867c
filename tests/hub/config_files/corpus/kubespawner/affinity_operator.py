# KubeSpawner, "node_affinity_required": an operator that does not exist
c.KubeSpawner.node_affinity_required = [
    {"matchExpressions": [{"key": "zone", "operator": "Equals", "values": ["a"]}]}
]
# fails: line 2: c.KubeSpawner.node_affinity_required: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator is 'Equals', but should be one of Exists, Equal, In, NotIn, DoesNotExist, Gt, Lt
