"""Copies of a configuration."""

from copy import deepcopy

from traitlets.config import Config


def copied(c: Config) -> Config:
    """Copy a configuration; a value that cannot be copied, such as an SSLContext, is shared."""
    sections = {name: section.items() for name, section in c.items() if isinstance(section, Config)}
    return Config(
        {name: Config({key: _copied(value) for key, value in each}) for name, each in sections.items()}
    )


def _copied(value: object) -> object:
    try:
        return deepcopy(value)
    except Exception:
        return value
