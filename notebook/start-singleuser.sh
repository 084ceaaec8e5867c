#!/bin/bash
# Start a user's server under JupyterHub; KubeSpawner passes address, user and token in the environment.
set -euo pipefail
# shellcheck source=notebook/common/pod-environment.sh
source /opt/app-root/builder/pod-environment.sh
/opt/app-root/bin/python /opt/app-root/bin/check_hub_version.py
cd /opt/app-root/src
exec /opt/app-root/bin/jupyterhub-singleuser "$@"
