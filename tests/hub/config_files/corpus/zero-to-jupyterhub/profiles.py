# Zero to JupyterHub, "Customizing user environment": several images
c.KubeSpawner.profile_list = [
    {"display_name": "Minimal environment", "description": "Python only", "default": True},
    {
        "display_name": "Datascience environment",
        "description": "Python, R, and Julia",
        "kubespawner_override": {"image": "quay.io/jupyter/datascience-notebook:2025-01-01"},
    },
    {
        "display_name": "GPU Server",
        "kubespawner_override": {"extra_resource_limits": {"nvidia.com/gpu": "1"}},
    },
]
