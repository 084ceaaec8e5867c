# Jupyter Server, "Configuration": a setting of the server in the hub's file
c.ServerApp.allow_origin = "*"
# stops: line 2: c.ServerApp.allow_origin is for an unknown class.
