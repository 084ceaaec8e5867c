# KubeSpawner, "modify_pod_hook", "after_pod_created_hook"
async def modify(spawner, pod):
    pod.metadata.labels["hello"] = "world"
    return pod


async def created(spawner, pod):
    spawner.log.info("Created %s", pod.metadata.name)


c.KubeSpawner.modify_pod_hook = modify
c.KubeSpawner.after_pod_created_hook = created
