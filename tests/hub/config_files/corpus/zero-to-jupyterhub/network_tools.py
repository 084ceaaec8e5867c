# Zero to JupyterHub, "singleuser.extraPodConfig": what restricted-v2 forbids
c.KubeSpawner.extra_pod_config = {"hostNetwork": True}
