# JupyterHub, "group_overrides": more memory for a group
c.Spawner.group_overrides = {
    "01-large": {"groups": ["physics"], "spawner_override": {"mem_limit": "4G"}},
}
