# KubeSpawner, "lifecycle_hooks": a misspelled hook
c.KubeSpawner.lifecycle_hooks = {"poststart": {"exec": {"command": ["sh"]}}}
# fails: line 2: c.KubeSpawner.lifecycle_hooks: has 'poststart', which is not a field of a Lifecycle in the Kubernetes API; did you mean 'postStart'?
