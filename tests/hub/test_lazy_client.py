"""The cluster's client has all its names, and imports only what is used."""

import subprocess
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import pytest

from jupyterhub_openshift.lazy_client import CLIENT, _Loader
from tests.paths import CHECKOUT

USE = """
import sys, jupyterhub_openshift, kubespawner, kubernetes_asyncio.client as client
from kubernetes_asyncio.client import CoreV1Api, V1Pod
def models(): return [name for name in sys.modules if name.startswith("kubernetes_asyncio.client.models.")]
print(0 < len(models()) < 150, CoreV1Api.__name__, V1Pod.__name__, client.__version__ is not None)
print(all(getattr(client, name).__name__ == name for name in client.__all__), len(models()) > 500)
"""


def test_models_are_imported_at_their_first_use():
    run = subprocess.run(
        [sys.executable, "-c", USE], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == ["True CoreV1Api V1Pod True", "True True"]


def load(folder: Path, source: str):
    file = folder / "client.py"
    file.write_text(source)
    module = module_from_spec(ModuleSpec(CLIENT, loader := _Loader(CLIENT, str(file))))
    loader.exec_module(module)
    return module


def test_a_name_that_does_not_exist_is_an_attribute_error(tmp_path):
    module = load(tmp_path, f"from {CLIENT}.nosuch import Class\n")
    assert module.__all__ == ["Class"]
    with pytest.raises(AttributeError, match="has no attribute 'Other'"):
        module.Other  # noqa: B018


def test_a_package_that_consists_of_more_than_such_imports_is_imported_as_it_is(tmp_path):
    module = load(tmp_path, f"import json\nfrom {CLIENT}.exceptions import ApiException\n__all__ = []\n")
    assert module.json
    assert module.ApiException
