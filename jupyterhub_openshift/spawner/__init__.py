"""The spawner: starts notebook pods from image streams and explains why a server cannot start."""

from .openshift_spawner import OpenShiftSpawner

__all__ = ["OpenShiftSpawner"]
