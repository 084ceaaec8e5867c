# KubeSpawner, "profile_list": a number in quotes
c.KubeSpawner.profile_list = [{"display_name": "A", "kubespawner_override": {"cpu_limit": "2"}}]
# fails: line 2: c.KubeSpawner.profile_list: in the profile 'A' The 'cpu_limit' trait of an OpenShiftSpawner instance expected a float, not the str '2'.
