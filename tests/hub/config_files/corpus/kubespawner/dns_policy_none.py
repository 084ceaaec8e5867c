# KubeSpawner, "extra_pod_config": a DNS policy without name servers
c.KubeSpawner.extra_pod_config = {"dnsPolicy": "None"}
# fails: line 2: c.KubeSpawner.extra_pod_config: the dnsPolicy 'None' needs nameservers in a dnsConfig
