# KubeSpawner, "image", "image_pull_policy", "image_pull_secrets"
c.KubeSpawner.image = "quay.io/jupyter/scipy-notebook:2025-01-01"
c.KubeSpawner.image_pull_policy = "Always"
c.KubeSpawner.image_pull_secrets = ["registry-credentials", {"name": "other"}]
c.KubeSpawner.cmd = ["jupyterhub-singleuser"]
