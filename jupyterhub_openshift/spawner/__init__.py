"""The spawner: starts notebook pods from image streams, and explains why one cannot start."""

from .openshift_spawner import OpenShiftSpawner

__all__ = ["OpenShiftSpawner"]
