# JupyterHub, "subdomain_hook": a name that JupyterHub 6 takes for a function
c.JupyterHub.subdomain_host = "https://hub.example.org"
c.JupyterHub.subdomain_hook = "idna"
# fails: line 3: c.JupyterHub.subdomain_hook: TypeError: 'str' object is not callable
