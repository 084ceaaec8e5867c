"""What JupyterHub understands, so that a misspelled setting is an error and not silence."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any

import jupyterhub.app  # noqa: F401 (defines the classes that are looked up below)
from traitlets import HasTraits, TraitError, import_item
from traitlets.config import Config, Configurable, DeferredConfig, LazyConfigValue

from ..model_trait import ExplainedTraitError
from .old_names import PACKAGES, WITHOUT_EFFECT, WORKING, YIELDING

ALL = WORKING | YIELDING | WITHOUT_EFFECT
_CHOICES = {"authenticator_class": "authenticators", "spawner_class": "spawners", "proxy_class": "proxies"}


class Checker:
    """Knows the classes that a configuration can be for."""

    def __init__(self, c: Config) -> None:
        for trait, group in _CHOICES.items():
            _import(c.JupyterHub.get(trait), group)  # so that the chosen classes are among the subclasses
        self._import_named(c)
        self.c = c
        self.classes = {cls.__name__: cls for cls in _subclasses(Configurable)}

    def problem(self, section: str, key: str, value: object) -> str:
        """What is wrong with `c.SECTION.KEY = VALUE`; empty if nothing."""
        if problem := self.unknown(section, key):
            return problem
        trait = self._traits(section)[key]
        if trait is None or isinstance(value, (LazyConfigValue, DeferredConfig)):
            return ""
        try:
            trait.validate(HasTraits(), value)
        except ExplainedTraitError as refusal:
            return str(refusal)
        except TraitError:
            if key in _CHOICES and isinstance(value, str):
                return _not_chosen(value, _CHOICES[key])
            return f"should be {trait.info()}, but is {type(value).__name__}."
        except Exception:
            return ""  # some types can only be checked in their own object; JupyterHub will
        return self._override(section, value) if key in ("profile_list", "menu_options") else ""

    def _override(self, section: str, profiles: object) -> str:
        """The first name that a profile changes and that no spawner has: setting it would do nothing."""
        spawners = [self.classes[section], *_subclasses(self.classes[section])]
        for name in _overridden(profiles):
            if not any(hasattr(spawner, name) for spawner in spawners):
                near = _nearest(name, self._traits(section), "{}")
                return f"has a kubespawner_override of {name}, which is no setting.{near}"
        return ""

    def unknown(self, section: str, key: str) -> str:
        """Why there is no setting `c.SECTION.KEY`, or none that has an effect."""
        if section not in self.classes:
            if section in PACKAGES:
                package = PACKAGES[section]
                return f"is of a class that this image has not. Put {package} into your requirements.txt."
            return f"is of no known class.{_nearest(section, self.classes, f'c.{{}}.{key}')}"
        if new := self._of_old(WITHOUT_EFFECT, section, key):
            return f"has no effect. {_instead(new)}"
        if (new := self._of_old(YIELDING, section, key)) and not self._takes(section, new):
            return f"has no effect. {_instead(new)}"
        if key in (traits := self._traits(section)):
            return ""
        today = [name for name in traits if not self._of_old(ALL, section, name)]
        return f"is no setting.{_nearest(key, today, f'c.{section}.{{}}')}"

    def old(self, section: str, key: str) -> str:
        """What to write for a setting that still has an effect, but not for ever."""
        new = self._of_old(WORKING | YIELDING, section, key)
        return f"is an old name. {_instead(new)}" if new else ""

    def _of_old(self, table: Mapping[str, str], section: str, key: str) -> str:
        """What to write for the old name of a class, of one above it, or only of one below it."""
        cls = self.classes[section]
        related = [*cls.__mro__, *([] if key in cls.class_traits(config=True) else _subclasses(cls))]
        return next((new for each in related if (new := table.get(f"{each.__name__}.{key}"))), "")

    def _takes(self, section: str, new: str) -> bool:
        """Whether KubeSpawner takes the old name: in its own section, where the new one is not set."""
        owner, _, key = new.partition(".")
        return section == owner and key not in self.c[section]

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
        except Exception:  # told where it is set
            return


def _not_chosen(value: str, group: str) -> str:
    """Why a class that is given by its name cannot be had."""
    if "." not in value:
        known = sorted({entry.name for entry in entry_points(group=f"jupyterhub.{group}")})
        return f"is {value!r}, which is none of those that this image has: {', '.join(known)}."
    try:
        import_item(value)
    except Exception as error:
        return f"is {value!r}, which cannot be imported ({error})."
    return f"is {value!r}, which is none of the {group}."


def _subclasses(cls: type) -> Iterator[Any]:
    sub: type
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)


def _overridden(profiles: object) -> Iterator[str]:
    """The names in every `kubespawner_override`, however deep."""
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


def _nearest(name: str, names: Iterable[str], form: str) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f" Did you mean {form.format(near[0])}?" if near else ""
