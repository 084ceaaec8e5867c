# Zero to JupyterHub, files/hub/jupyterhub_config.py: the namespace of the hub's pod
import os

c.KubeSpawner.namespace = os.environ.get("POD_NAMESPACE", "default")
# fails: line 4: c.KubeSpawner.namespace: is 'default', but the hub may start servers only in its own project, rec. Remove it.
