# JupyterHub, "Proxy": a route without a slash
c.Proxy.extra_routes = {"docs": "http://docs:8080"}
# stops: line 2: c.Proxy.extra_routes: Proxy.extra_routes routespec docs/ missing leading '/'.
