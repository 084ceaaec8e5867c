# Zero to JupyterHub, files/hub/jupyterhub_config.py: settings by key, added and taken away
c["KubeSpawner"].start_timeout = 300
c.KubeSpawner.pop("fs_gid", None)
for number in range(2):
    c.JupyterHub.services.append({"name": f"s{number}", "api_token": f"a-long-token-{number}"})
c.JupyterHub.template_paths.prepend(["/srv/templates"])
c.Authenticator.allowed_users |= {"alice"}
