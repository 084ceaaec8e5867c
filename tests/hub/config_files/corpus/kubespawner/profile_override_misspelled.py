# KubeSpawner, "profile_list": a misspelled override
c.KubeSpawner.profile_list = [{"display_name": "Big", "kubespawner_override": {"memory_limit": "4G"}}]
# stops: line 2: c.KubeSpawner.profile_list overrides memory_limit in a kubespawner_override, which is not a setting. Did you mean mem_limit?
