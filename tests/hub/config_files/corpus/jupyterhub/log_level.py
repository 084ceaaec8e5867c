# JupyterHub, "Logging": by name
c.JupyterHub.log_level = "DEBUG"
c.Application.log_level = "INFO"
