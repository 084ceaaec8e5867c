# JupyterHub, "Monitoring"
c.PeriodicMetricsCollector.active_users_enabled = False
c.JupyterHub.authenticate_prometheus = False
