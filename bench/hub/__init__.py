"""The hub under load: JupyterHub with any configuration, on a virtual cluster, with everything else real.

Real: JupyterHub, KubeSpawner, PostgreSQL, configurable-http-proxy, the OAuth of notebook servers, the
requests of browsers. Virtual: the cluster's API, whose pods become ready after a given delay, and one process
that answers for all notebook servers.
"""
