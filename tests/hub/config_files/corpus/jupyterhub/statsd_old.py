# JupyterHub 1, "Monitoring": statsd
c.JupyterHub.statsd_host = "statsd.example.org"
c.JupyterHub.statsd_port = 8125
# stops: line 2: c.JupyterHub.statsd_host has no effect. Remove it: Prometheus reads /hub/metrics, see JUPYTERHUB_METRICS_TOKEN.
# stops: line 3: c.JupyterHub.statsd_port has no effect. Remove it: Prometheus reads /hub/metrics, see JUPYTERHUB_METRICS_TOKEN.
