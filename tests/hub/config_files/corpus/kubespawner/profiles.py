# KubeSpawner, "profile_list": profiles with options
c.KubeSpawner.profile_list = [
    {
        "display_name": "Training Env - Python",
        "slug": "training-python",
        "default": True,
        "profile_options": {
            "image": {
                "display_name": "Image",
                "choices": {
                    "torch": {"display_name": "PyTorch", "kubespawner_override": {"image": "training/py:1"}},
                    "tf": {"display_name": "TensorFlow", "kubespawner_override": {"image": "training/tf:1"}},
                },
                "unlisted_choice": {
                    "enabled": True,
                    "display_name": "Other",
                    "validation_regex": "^pangeo/.*$",
                    "kubespawner_override": {"image": "{value}"},
                },
            }
        },
        "kubespawner_override": {"cpu_limit": 1, "mem_limit": "512M", "environment": {"A": "b"}},
    },
    {"display_name": "Big", "kubespawner_override": {"node_selector": {"size": "big"}, "volumes": []}},
]
