"""JupyterHub for OpenShift: the package behind `jupyterhub_config.py`."""
