#!/bin/bash
# A user's server under JupyterHub: KubeSpawner passes address, user and token in the environment.
set -euo pipefail

# OpenShift gives the pod's user a line in /etc/passwd; where none is, the base image has a way.
if ! whoami &>/dev/null && [[ -e /usr/lib64/libnss_wrapper.so ]]; then
    # shellcheck source=/dev/null
    source /opt/app-root/etc/generate_container_user
fi

/opt/app-root/bin/python /opt/app-root/bin/check-hub-version.py
cd /opt/app-root/src
exec /opt/app-root/bin/jupyterhub-singleuser "$@"
