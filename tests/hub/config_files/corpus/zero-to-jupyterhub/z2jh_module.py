# Zero to JupyterHub, "hub.extraConfig": the chart's own module
from z2jh import get_config

c.JupyterHub.default_url = get_config("custom.defaultUrl", "/hub/home")
# stops: line 2: ModuleNotFoundError: No module named 'z2jh'
