# Zero to JupyterHub, "Customizing user environment": pull a repository at each start
c.KubeSpawner.lifecycle_hooks = {
    "postStart": {"exec": {"command": ["gitpuller", "https://example.org/data-8/materials", "main", "work"]}}
}
