"""The cluster as the hub's service account reaches it: API, project, certificates, owner references."""
