# JupyterHub, "Authenticators": a key of a wrong length
c.CryptKeeper.keys = ["not a key"]
# fails: line 2: c.CryptKeeper.keys: TypeError: a bytes-like object is required, not 'str'
