"""A minimal equivalent of Zero to JupyterHub's defaults (chart 4), with the values of the chart."""

import os

c = get_config()

c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.JupyterHub.authenticator_class = "dummy"  # hub.config.JupyterHub.authenticator_class
c.Authenticator.allow_all = True  # the chart's first steps ask for hub.config.Authenticator.allow_all
c.JupyterHub.db_url = os.environ["BENCH_DATABASE"]  # hub.db.type: postgres, as ours
c.JupyterHub.upgrade_db = True  # hub.db.upgrade, by its init container
c.JupyterHub.hub_bind_url = "http://:8081"
c.JupyterHub.hub_connect_url = "http://127.0.0.1:8081"
c.JupyterHub.cleanup_servers = False  # files/hub/jupyterhub_config.py
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.last_activity_interval = 60  # files/hub/jupyterhub_config.py
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}  # files/hub/jupyterhub_config.py
c.JupyterHub.concurrent_spawn_limit = 64  # hub.concurrentSpawnLimit
c.JupyterHub.allow_named_servers = False  # hub.allowNamedServers
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:8001"

c.KubeSpawner.namespace = "bench"
c.KubeSpawner.image = "quay.io/jupyterhub/k8s-singleuser-sample:4"  # singleuser.image
c.KubeSpawner.start_timeout = 300  # singleuser.startTimeout
c.KubeSpawner.http_timeout = 30
c.KubeSpawner.uid = 1000  # singleuser.uid
c.KubeSpawner.fs_gid = 100  # singleuser.fsGid
c.KubeSpawner.mem_guarantee = "1G"  # singleuser.memory.guarantee
c.KubeSpawner.storage_pvc_ensure = True  # singleuser.storage.type: dynamic
c.KubeSpawner.storage_capacity = "10Gi"  # singleuser.storage.capacity
c.KubeSpawner.storage_access_modes = ["ReadWriteOnce"]
c.KubeSpawner.pvc_name_template = "claim-{user_server}"
c.KubeSpawner.volumes = {
    "home": {"name": "volume-{user_server}", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}
}
c.KubeSpawner.volume_mounts = {"home": {"mountPath": "/home/jovyan", "name": "volume-{user_server}"}}
c.KubeSpawner.common_labels = {"app": "jupyterhub", "release": "bench", "chart": "jupyterhub-4"}
c.KubeSpawner.allow_privilege_escalation = False  # singleuser.allowPrivilegeEscalation
c.KubeSpawner.events_enabled = True  # singleuser.events
c.KubeSpawner.cmd = ["jupyterhub-singleuser"]  # singleuser.cmd
c.KubeSpawner.default_url = "/lab"

# cull.enabled
c.JupyterHub.load_roles = [
    {
        "name": "jupyterhub-idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["jupyterhub-idle-culler"],
    }
]
c.JupyterHub.services = [
    {
        "name": "jupyterhub-idle-culler",
        "command": ["python3", "-m", "jupyterhub_idle_culler", "--timeout=3600", "--cull-every=600"],
    }
]
