# JupyterHub, "Authenticators": the state without a key to encrypt it
c.Authenticator.enable_auth_state = True
# stops: line 2: c.Authenticator.enable_auth_state: auth_state is enabled, but encryption is not available: Encryption keys must be specified in JUPYTERHUB_CRYPT_KEY env
