# KubeSpawner, "extra_pod_config": DNS, names and spreading
c.KubeSpawner.extra_pod_config = {
    "dnsPolicy": "None",
    "dnsConfig": {"nameservers": ["192.0.2.53"]},
    "hostAliases": [{"ip": "192.0.2.7", "hostnames": ["data"]}],
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"},
    ],
}
