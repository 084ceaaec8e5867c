# TmpAuthenticator 0.6, "Configuration"
c.JupyterHub.authenticator_class = "tmpauthenticator.TmpAuthenticator"
c.TmpAuthenticator.force_new_server = True
# stops: line 3: c.TmpAuthenticator.force_new_server is not a setting.
