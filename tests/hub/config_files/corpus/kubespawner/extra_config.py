# KubeSpawner, "extra_pod_config", "extra_container_config"
c.KubeSpawner.extra_pod_config = {
    "hostAliases": [{"ip": "10.1.1.1", "hostnames": ["data"]}],
    "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
    "terminationGracePeriodSeconds": 60,
}
c.KubeSpawner.extra_container_config = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
