"""The scheduler: binds pods to nodes, and says why a pod fits no node."""
