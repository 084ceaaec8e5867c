# JupyterHub, "Logging": a second handler
c.JupyterHub.logging_config = {
    "formatters": {"short": {"format": "%(message)s"}},
    "handlers": {"short": {"class": "logging.StreamHandler", "formatter": "short", "level": "INFO"}},
    "loggers": {"JupyterHub": {"handlers": ["short"]}},
}
