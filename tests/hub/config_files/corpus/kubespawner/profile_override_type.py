# KubeSpawner, "profile_list": an override with a quantity
c.KubeSpawner.profile_list = [{"display_name": "Big", "kubespawner_override": {"mem_limit": "4Gi"}}]
# fails: line 2: c.KubeSpawner.profile_list: in the profile 'Big' 4Gi is not a valid memory specification. Must be an int or a string with suffix K, M, G, T
