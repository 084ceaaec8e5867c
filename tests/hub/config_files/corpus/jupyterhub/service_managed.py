# JupyterHub, "Services": a service that the hub starts
import sys

c.JupyterHub.services = [
    {
        "name": "announcement",
        "url": "http://127.0.0.1:8899",
        "command": [sys.executable, "-m", "http.server", "8899", "--bind", "127.0.0.1"],
        "environment": {"GREETING": "hello"},
    }
]
