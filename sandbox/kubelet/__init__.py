"""The kubelet (and scheduler) of the sandbox's one node."""
