# JupyterHub 0.x, "Services": a culler that is an admin
import sys

c.JupyterHub.services = [
    {"name": "cull-idle", "admin": True, "command": [sys.executable, "cull_idle_servers.py"]}
]
