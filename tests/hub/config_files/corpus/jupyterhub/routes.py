# JupyterHub, "Proxy": routes to other services
c.Proxy.extra_routes = {"/docs/": "http://docs:8080"}
c.ConfigurableHTTPProxy.debug = True
