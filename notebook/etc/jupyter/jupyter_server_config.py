"""Read by every Jupyter server in this image. Under JupyterHub the hub alone says who may enter."""

import os

c = get_config()  # noqa: F821

# Its address is in the log; a file in the pod helps nobody.
c.ServerApp.use_redirect_file = False

# Taken out of the environment, so that no kernel or terminal sees it.
password = os.environ.pop("JUPYTER_NOTEBOOK_PASSWORD", "")
if password:
    from jupyter_server.auth import passwd

    c.PasswordIdentityProvider.hashed_password = passwd(password)
    c.PasswordIdentityProvider.token = ""  # the password is the only way in
