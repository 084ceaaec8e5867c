# JupyterHub, "Logging": a handler that does not exist
c.JupyterHub.logging_config = {"handlers": {"file": {"class": "logging.FileHandlr"}}}
# stops: line 2: c.JupyterHub.logging_config: cannot configure the entry 'file' of the handlers: No module named 'logging.FileHandlr'
