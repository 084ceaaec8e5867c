# JupyterHub, "Authenticators": keep the authentication state, encrypted
import os

c.Authenticator.enable_auth_state = True
c.CryptKeeper.keys = [os.urandom(32)]
c.CryptKeeper.n_threads = 2
