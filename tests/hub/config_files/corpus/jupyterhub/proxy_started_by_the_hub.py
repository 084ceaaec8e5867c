# JupyterHub, "Proxy": a proxy that the hub starts
c.ConfigurableHTTPProxy.should_start = True
# stops: line 2: c.ConfigurableHTTPProxy.should_start: the proxy runs in a pod of its own, which the hub does not start. Remove it.
