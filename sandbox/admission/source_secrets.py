"""Give a new BuildConfig the secret whose annotation matches its Git address.

Source: `pkg/build/apiserver/admission/secretinjector` and `urlpattern` of openshift-apiserver.
https://docs.openshift.com/container-platform/4.16/cicd/builds/creating-build-inputs.html
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import BUILD_CONFIGS
from sandbox.apimachinery.store import Store

PREFIX = "build.openshift.io/source-secret-match-uri-"


def admit(resource: str, config: Obj, store: Store) -> None:
    """Set `sourceSecret` where it is not set; the longest pattern that matches wins."""
    source = config.get("spec", {}).get("source") or {}
    if resource != BUILD_CONFIGS or "git" not in source or source.get("sourceSecret"):
        return
    matching = [
        (len(pattern), name) for pattern, name in _patterns(store) if _matches(pattern, source["git"]["uri"])
    ]
    if matching:
        source["sourceSecret"] = {"name": max(matching)[1]}


def _patterns(store: Store) -> Iterator[tuple[str, str]]:
    for secret in store.list("secrets"):
        for key, value in (secret["metadata"].get("annotations") or {}).items():
            if key.startswith(PREFIX) and value.strip():
                yield value.strip(), secret["metadata"]["name"]


def _matches(pattern: str, uri: str) -> bool:
    """Compare scheme, host and path, each of which may have wildcards."""
    wanted, given = urlsplit(pattern), urlsplit(uri)
    return all(
        fnmatchcase(part, form)
        for part, form in (
            (given.scheme, wanted.scheme),
            (given.hostname or "", wanted.hostname or ""),
            (given.path or "/", wanted.path or "/"),
        )
    )
