"""Configure each Jupyter server of this image. Under JupyterHub, only the hub decides who may log in."""

import os

c = get_config()  # noqa: F821

# The log shows the server's address; nobody opens a file in the pod.
c.ServerApp.use_redirect_file = False

# Terminals say what is kept when the server stops.
c.ServerApp.terminado_settings = {"shell_command": ["/opt/app-root/bin/start-terminal.sh"]}

# The launcher shows the kernels of the user's own environments.
c.ServerApp.kernel_spec_manager_class = "environment_kernels.EnvironmentKernels"

# Removed from the environment, so that kernels and terminals do not see it.
password = os.environ.pop("JUPYTER_NOTEBOOK_PASSWORD", "")
if password:
    from jupyter_server.auth import passwd

    c.PasswordIdentityProvider.hashed_password = passwd(password)
    c.PasswordIdentityProvider.token = ""  # log in with the password only
