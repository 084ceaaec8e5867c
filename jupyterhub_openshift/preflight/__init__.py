"""The preflight: what would keep the hub from starting or its users from working, before it does.

`python -m jupyterhub_openshift check` runs it by hand and in the hub's init container, and prints a table.

| module | checks |
|---|---|
| `permissions` | what the hub's service account may do |
| `own_objects` | another deployment with the hub's name |
| `image` | image stream and tag of the notebook servers |
| `address` | route, and the service account as OAuth client |
| `capacity` | quota and limit ranges |
| `storage` | storage class of the users' volumes |
| `network` | network policies |
| `database` | login and schema version |
| `connections` | proxy, login server with its certificate, clock |
| `versions` | JupyterHub in hub and notebook image |
| `run` | settings and configuration files; the order of it all |

`facts` asks the API, all at once; the checks are functions of its answers. A failure ends the start: the hub
would not start either, or nobody could use it. A warning does not.
"""
