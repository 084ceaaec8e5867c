# JupyterHub, "Customizing": templates, variables and logo
c.JupyterHub.template_paths = ["/srv/templates"]
c.JupyterHub.template_vars = {"announcement": "Maintenance on Friday", "announcement_login": "Hello"}
c.JupyterHub.logo_file = "/srv/logo.png"
