# jupyterhub-traefik-proxy, "Installation"
c.JupyterHub.proxy_class = "traefik_file"
# stops: line 2: c.JupyterHub.proxy_class is 'traefik_file', which this image does not have. It has: configurable-http-proxy, default.
