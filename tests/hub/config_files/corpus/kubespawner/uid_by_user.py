# KubeSpawner, "uid": computed for each user
async def uid(spawner):
    return 1000 + spawner.user.id


c.KubeSpawner.uid = uid
