# Zero to JupyterHub, "hub.config": settings by their names
for name, value in {"allow_all": True, "auto_login": True}.items():
    setattr(c.Authenticator, name, value)
c["KubeSpawner"]["start_timeout"] = 600
c.update({"JupyterHub": {"authenticator_class": "dummy"}})
