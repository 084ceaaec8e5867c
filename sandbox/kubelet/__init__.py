"""The kubelet of the sandbox's one node."""
