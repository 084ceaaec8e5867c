"""The settings of the hub: the environment variables, their validation and their reference."""

from .environment import Settings, SettingsError, read_settings

__all__ = ["Settings", "SettingsError", "read_settings"]
