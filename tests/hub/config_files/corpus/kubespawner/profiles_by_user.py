# KubeSpawner, "profile_list": computed for each user
async def profiles(spawner):
    return [{"display_name": f"For {spawner.user.name}", "kubespawner_override": {"image": "a:1"}}]


c.KubeSpawner.profile_list = profiles
