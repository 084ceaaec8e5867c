# JupyterHub, "Event logging"
import logging

c.EventLogger.handlers = [logging.StreamHandler()]
