# KubeSpawner, "profile_list": a profile without a name
c.KubeSpawner.profile_list = [{"slug": "big", "kubespawner_override": {"mem_limit": "4G"}}]
# fails: line 2: c.KubeSpawner.profile_list: the key 'display_name' is missing
