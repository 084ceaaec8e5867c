"""Check settings against the traits of the classes that they configure: traitlets ignores unknown ones."""

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import jupyterhub.app  # noqa: F401 (defines the classes that are looked up below)
from traitlets import Container, HasTraits, TraitError, import_item
from traitlets.config import Config, Configurable, DeferredConfig, LazyConfigValue

from ..model_trait import ExplainedTraitError
from ..quantity import parse_quantity
from .old_names import REMOVED_CLASSES, SHADOWED, WITHOUT_EFFECT, WORKING

OLD_NAMES = WORKING | SHADOWED | WITHOUT_EFFECT
_CLASS_TRAITS = {
    "authenticator_class": "authenticators",
    "spawner_class": "spawners",
    "proxy_class": "proxies",
}


class TraitChecker:
    """Checks settings against all configurable classes, including the chosen spawner and authenticator."""

    def __init__(self, c: Config) -> None:
        for trait, group in _CLASS_TRAITS.items():
            configured_class(c.JupyterHub.get(trait), group)  # so that the chosen classes are found below
        self._import_named(c)
        self.c = c
        self.classes = {cls.__name__: cls for cls in _subclasses(Configurable)}

    def problem(self, section: str, key: str, value: object) -> str:
        """Return what is wrong with `c.SECTION.KEY = VALUE`; empty if nothing is."""
        if problem := self.unknown(section, key):
            return problem
        trait = self._traits(section)[key]
        if trait is None or isinstance(value, (LazyConfigValue, DeferredConfig)):
            return ""
        if value is None and trait.allow_none:
            return ""
        try:
            trait.validate(HasTraits(), value)
        except ExplainedTraitError as refusal:
            return str(refusal)
        except TraitError:
            if key in _CLASS_TRAITS and isinstance(value, str):
                return _unusable_class(value, _CLASS_TRAITS[key])
            if limit := _limit_in_jupyterhubs_units(key, value):
                return limit
            return _type_problem(trait, value)
        except Exception as error:  # a validator may need the configured object itself
            cannot = f"is {value!r}, which cannot be imported ({error})."
            return cannot if key in _CLASS_TRAITS and isinstance(error, ImportError) else ""
        return self._override(section, value) if key in ("profile_list", "menu_options") else ""

    def _override(self, section: str, profiles: object) -> str:
        """Refuse a `kubespawner_override` of a trait that no spawner has: KubeSpawner would ignore it."""
        spawners = [self.classes[section], *_subclasses(self.classes[section])]
        for name in _overridden(profiles):
            if not any(hasattr(spawner, name) for spawner in spawners):
                near = _nearest(name, self._traits(section), "{}")
                return f"overrides {name} in a kubespawner_override, which is not a setting.{near}"
        return ""

    def unknown(self, section: str, key: str) -> str:
        """Return why `c.SECTION.KEY` does not exist or has no effect; empty if it has one."""
        if section not in self.classes:
            if section in REMOVED_CLASSES:
                package = REMOVED_CLASSES[section]
                return (
                    f"is for a class that this image does not have. Add {package} to your requirements.txt."
                )
            having = [name for name in self.classes if key in self._traits(name)]
            return f"is for an unknown class.{_nearest(section, having, f'c.{{}}.{key}', cutoff=0.75)}"
        if new := self._successor(WITHOUT_EFFECT, section, key):
            return f"has no effect. {_instead(new)}"
        if (new := self._successor(SHADOWED, section, key)) and not self._has_effect(section, new):
            return f"has no effect. {_instead(new)}"
        if key in (traits := self._traits(section)):
            return ""
        today = [name for name in traits if not self._successor(OLD_NAMES, section, name)]
        return f"is not a setting.{_nearest(key, today, f'c.{section}.{{}}')}"

    def old_name(self, section: str, key: str) -> str:
        """Return the successor of an old name that still works; empty if the name is current."""
        new = self._successor(WORKING | SHADOWED, section, key)
        return f"is an old name. {_instead(new)}" if new else ""

    def _successor(self, table: Mapping[str, str], section: str, key: str) -> str:
        """Return the new name, if the old one belongs to this class, a superclass, or a subclass only."""
        cls = self.classes[section]
        related = [*cls.__mro__, *([] if key in cls.class_traits(config=True) else _subclasses(cls))]
        return next((new for each in related if (new := table.get(f"{each.__name__}.{key}"))), "")

    def _has_effect(self, section: str, new: str) -> bool:
        """KubeSpawner accepts an old name in its own section, while the new name is unset."""
        owner, _, key = new.partition(".")
        return section == owner and key not in self.c[section]

    def _traits(self, section: str) -> dict[str, Any]:
        """Return the traits of a class and its subclasses, which it configures too, with deprecated names."""
        cls = self.classes[section]
        traits: dict[str, Any] = {}
        for each in [cls, *_subclasses(cls)]:
            traits = {**each.class_traits(config=True), **traits}
            for aliases in ("_deprecated_traits", "_deprecated_aliases", "_deprecated_oauth_aliases"):
                traits = {**dict.fromkeys(getattr(each, aliases, {})), **traits}
        return traits

    def _import_named(self, c: Config) -> None:
        """Import classes that are configured without being chosen, such as a second authenticator."""
        for group in _CLASS_TRAITS.values():
            for entry in registered_classes(group):
                if entry.value.rpartition(":")[2] in c:
                    configured_class(entry.name, group)


@cache
def registered_classes(group: str) -> Collection[EntryPoint]:
    """Return the entry points of this image's authenticators, spawners or proxies."""
    return tuple(entry_points(group=f"jupyterhub.{group}"))


def configured_class(value: object, group: str) -> object:
    """Return the class that a registered name or an import path stands for; None if it cannot be imported."""
    if not isinstance(value, str):
        return value
    registered = {entry.name.lower(): entry for entry in registered_classes(group)}
    try:
        return registered[value.lower()].load() if value.lower() in registered else import_item(value)
    except Exception:  # reported by _unusable_class
        return None


def _type_problem(trait: Any, value: object) -> str:  # noqa: ANN401 (a trait)
    """Return the type that a trait expects, without the value: it may be a secret."""
    if isinstance(trait, Container) and isinstance(value, trait.klass) and trait._trait:
        for element in value:
            try:
                trait._trait._validate(HasTraits(), element)
            except TraitError:
                return f"should have {trait._trait.info()} in each place, but has {type(element).__name__}."
    return f"should be {trait.info()}, but is {type(value).__name__}."


def _limit_in_jupyterhubs_units(key: str, value: object) -> str:
    """Translate a Kubernetes quantity, which JupyterHub's limits do not accept."""
    if not re.fullmatch("(mem|cpu)_(limit|guarantee)", key) or not isinstance(value, str):
        return ""
    try:
        number = parse_quantity(value)
    except ValueError:
        number = None
    if key.startswith("mem"):
        example = f"{int(number / 2**20)}M" if number and number >= 2**20 else "512M"
        return f"should be a number of bytes, or one with K, M, G or T (powers of 1024). Write {example!r}."
    return f"should be a number of CPUs. Write {float(number) if number else 0.5}."


def _unusable_class(value: str, group: str) -> str:
    """Return why a spawner, authenticator or proxy class cannot be used."""
    if "." not in value:
        known = sorted({entry.name for entry in registered_classes(group)})
        return f"is {value!r}, which this image does not have. It has: {', '.join(known)}."
    try:
        import_item(value)
    except Exception as error:
        return f"is {value!r}, which cannot be imported ({error})."
    return f"is {value!r}, which is not one of the {group}."


def _subclasses(cls: type) -> Iterator[Any]:
    sub: type
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)


def _overridden(profiles: object) -> Iterator[str]:
    """Yield the names in every `kubespawner_override`, at any depth."""
    if isinstance(profiles, list):
        for each in profiles:
            yield from _overridden(each)
    elif isinstance(profiles, dict):
        for key, value in profiles.items():
            if key == "kubespawner_override" and isinstance(value, dict):
                yield from value
            else:
                yield from _overridden(value)


def _instead(new: str) -> str:
    return new if " " in new else f"Write c.{new} instead."


def _nearest(name: str, names: Iterable[str], form: str, cutoff: float = 0.6) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=cutoff)
    return f" Did you mean {form.format(near[0])}?" if near else ""
