"""Access to the cluster with the hub's service account: API, project, certificates, owner references."""
