# JupyterHub, "Proxy": the proxy's command and timeouts
c.ConfigurableHTTPProxy.check_running_interval = 30
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0, "headers": {"X-Frame-Options": "DENY"}}
