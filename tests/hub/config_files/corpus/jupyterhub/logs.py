# JupyterHub, "Logging"
c.JupyterHub.log_level = 10
c.JupyterHub.log_datefmt = "%Y-%m-%d %H:%M:%S"
c.JupyterHub.log_format = "%(levelname)s %(message)s"
