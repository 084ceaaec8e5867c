# JupyterHub, "Spawners and notebook servers"
c.Spawner.default_url = "/tree/home/{username}"
c.Spawner.args = ["--debug", "--ServerApp.shutdown_no_activity_timeout=3600"]
c.Spawner.environment = {"GREETING": "hello"}
c.Spawner.env_keep = ["PATH", "LANG"]
c.Spawner.mem_limit = "1G"
c.Spawner.cpu_limit = 0.5
c.Spawner.debug = True
