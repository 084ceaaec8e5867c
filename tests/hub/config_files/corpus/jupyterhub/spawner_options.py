# JupyterHub, "Spawners": arguments, folders and hooks
c.Spawner.args = ["--debug"]
c.Spawner.notebook_dir = "~/notebooks"
c.Spawner.disable_user_config = True
c.Spawner.env_keep = ["LANG"]
c.Spawner.post_stop_hook = lambda spawner: None
c.Spawner.progress_ready_hook = lambda spawner, event: event
