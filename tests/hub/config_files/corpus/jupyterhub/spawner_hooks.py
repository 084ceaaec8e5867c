# JupyterHub, "Spawners": hooks
def create_folder(spawner):
    spawner.log.info("Hello %s", spawner.user.name)


c.Spawner.pre_spawn_hook = create_folder
c.Spawner.post_stop_hook = create_folder
c.Spawner.progress_ready_hook = None
