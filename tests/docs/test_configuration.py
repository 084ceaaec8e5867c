"""docs/configuration.md: it lists every name that a configuration file may use, and its examples load."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from traitlets.config import Config

import jupyterhub_openshift
from jupyterhub_openshift import configure
from jupyterhub_openshift.cluster.project import Project
from jupyterhub_openshift.config_files.loader import load_config_files
from jupyterhub_openshift.settings.environment import read_settings

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
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


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.partition("\n")[0])
def test_each_example_loads_as_the_hub_loads_it(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONFIGPROXY_AUTH_TOKEN", "token")
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "jupyterhub_config.py").write_text(example)
    c = Config()
    settings = read_settings()
    configure.configure_notebooks(c, settings, Project("default", known=False))
    load_config_files(c, settings, building=True, root=tmp_path)
