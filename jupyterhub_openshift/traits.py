"""What JupyterHub understands, so that a misspelled setting is an error and not silence."""

import difflib
from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from typing import Any

import jupyterhub.app  # noqa: F401 (defines the classes that are looked up below)
from traitlets import HasTraits, TraitError, import_item
from traitlets.config import Config, Configurable, DeferredConfig, LazyConfigValue

from .table import Explained

_CHOICES = {"authenticator_class": "authenticators", "spawner_class": "spawners", "proxy_class": "proxies"}


class Checker:
    """Knows the classes that a configuration can be for."""

    def __init__(self, c: Config) -> None:
        for trait, group in _CHOICES.items():
            _import(c.JupyterHub.get(trait), group)  # so that the chosen classes are among the subclasses
        self._import_named(c)
        self.classes = {cls.__name__: cls for cls in _subclasses(Configurable)}

    def problem(self, section: str, key: str, value: object) -> str:
        """What is wrong with `c.SECTION.KEY = VALUE`; empty if nothing."""
        if section not in self.classes:
            return f"is of no known class.{_nearest(section, self.classes, f'c.{{}}.{key}')}"
        traits = self._traits(section)
        if key not in traits:
            return f"is no setting.{_nearest(key, traits, f'c.{section}.{{}}')}"
        trait = traits[key]
        if trait is None or isinstance(value, (LazyConfigValue, DeferredConfig)):
            return ""
        try:
            trait.validate(HasTraits(), value)
        except Explained as refusal:
            return str(refusal)
        except TraitError:
            return f"should be {trait.info()}, but is {type(value).__name__}."
        except Exception:
            return ""  # some types can only be checked in their own object; JupyterHub will
        return ""

    def _traits(self, section: str) -> dict[str, Any]:
        """Those of a class and of all below it, since `c.Spawner.x` applies to KubeSpawner; old names too."""
        cls = self.classes[section]
        traits: dict[str, Any] = {}
        for each in [cls, *_subclasses(cls)]:
            traits = {**each.class_traits(config=True), **traits}
            for aliases in ("_deprecated_traits", "_deprecated_aliases", "_deprecated_oauth_aliases"):
                traits = {**dict.fromkeys(getattr(each, aliases, {})), **traits}
        return traits

    def _import_named(self, c: Config) -> None:
        """Classes that are configured but not chosen, such as a second authenticator of this image."""
        for group in _CHOICES.values():
            for entry in entry_points(group=f"jupyterhub.{group}"):
                if entry.value.rpartition(":")[2] in c:
                    _import(entry.name, group)


def _import(value: object, group: str) -> None:
    if isinstance(value, str):
        registered = {entry.name.lower(): entry for entry in entry_points(group=f"jupyterhub.{group}")}
        try:
            registered[value.lower()].load() if value.lower() in registered else import_item(value)
        except Exception:  # JupyterHub's own message for this is good
            return


def _subclasses(cls: type) -> Iterator[Any]:
    sub: type
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)


def _nearest(name: str, names: Iterable[str], form: str) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f" Did you mean {form.format(near[0])}?" if near else ""
