# JupyterHub, "Authenticators": map and restrict user names
c.Authenticator.username_map = {"service-name": "localname"}
c.Authenticator.username_pattern = r"w.*"
c.Authenticator.auto_login = True
