# JupyterHub 4, "Event logging": the old class
import logging

c.EventLog.handlers = [logging.StreamHandler()]
# stops: line 4: c.EventLog.handlers is for an unknown class. Did you mean c.EventLogger.handlers?
