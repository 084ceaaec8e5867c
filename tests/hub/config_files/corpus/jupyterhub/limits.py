# JupyterHub, "Capacity planning"
c.JupyterHub.concurrent_spawn_limit = 20
c.JupyterHub.active_server_limit = 100
c.JupyterHub.init_spawners_timeout = 5
c.Spawner.consecutive_failure_limit = 5
c.JupyterHub.last_activity_interval = 600
c.JupyterHub.activity_resolution = 60
