# JupyterHub, "Spawners": a variable by its name
c.Spawner.environment["GREETING"] = "hello"
# stops: line 2: c.Spawner.environment has no value yet, which could be changed in place. Assign it, or write c.Spawner.environment.update({...})
