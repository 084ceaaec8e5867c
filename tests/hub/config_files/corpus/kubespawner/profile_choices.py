# KubeSpawner, "profile_options": choices, and one that the user writes
c.KubeSpawner.profile_list = [
    {
        "display_name": "Choose",
        "profile_options": {
            "image": {
                "display_name": "Image",
                "choices": {
                    "python": {"display_name": "Python", "kubespawner_override": {"image": "python:3"}},
                },
                "unlisted_choice": {
                    "enabled": True,
                    "display_name": "Another",
                    "validation_regex": "^.+:.+$",
                    "kubespawner_override": {"image": "{value}"},
                },
            }
        },
    }
]
