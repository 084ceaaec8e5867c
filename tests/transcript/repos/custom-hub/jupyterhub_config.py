import humanize

c.JupyterHub.template_vars = {"announcement": f"Welcome to the {humanize.ordinal(2)} hub"}
c.KubeSpawner.environment = {"GREETING": "hello from the fork"}
