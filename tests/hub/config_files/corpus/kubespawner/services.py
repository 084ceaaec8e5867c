# KubeSpawner, "services_enabled": a service for each server
c.KubeSpawner.services_enabled = True
c.KubeSpawner.pod_connect_ip = "jupyter-{username}.example"
c.KubeSpawner.dns_name_template = "{name}.{namespace}.svc.cluster.local"
