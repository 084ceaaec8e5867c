"""docs/configuration.md lists every name that a configuration file may use."""

from __future__ import annotations

import re
from pathlib import Path

import jupyterhub_openshift

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
CLASSES = {
    name: getattr(jupyterhub_openshift, name) for name in jupyterhub_openshift.__all__ if name[0] != "_"
}


def test_the_page_lists_every_setting_of_our_own_classes() -> None:
    listed = re.findall(r"^\| `c\.(\w+)\.(\w+)` \| (\w+) \|", PAGE, re.MULTILINE)
    own = {
        (name, trait): type(kind).__name__.replace("ModelDict", "dict").replace("Dict", "dict")
        for name, cls in CLASSES.items()
        for trait, kind in cls.class_own_traits(config=True).items()
    }
    assert {(name, trait): kind for name, trait, kind in listed} == own
    assert len(listed) == len(own)


def test_the_page_lists_every_class_of_the_package_with_its_base_class() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| `([\w]+\.[\w.]+)` \|", PAGE, re.MULTILINE))
    assert listed.keys() == CLASSES.keys()
    for name, base in listed.items():
        module, _, upstream = base.rpartition(".")
        (parent,) = CLASSES[name].__bases__
        assert parent.__name__ == upstream
        assert parent.__module__.startswith(module.partition(".")[0])
