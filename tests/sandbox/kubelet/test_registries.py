"""Image references are parsed by the rules of a container runtime."""

import pytest

from sandbox.kubelet.registries import InvalidReference, parse

DIGEST = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("postgres", "docker.io/library/postgres:latest"),
        ("jupyter/minimal-notebook:1.0", "docker.io/jupyter/minimal-notebook:1.0"),
        ("localhost/notebook", "localhost/notebook:latest"),
        ("quay.io/team/notebook:3.12", "quay.io/team/notebook:3.12"),
        ("registry.svc:5000/team/notebook", "registry.svc:5000/team/notebook:latest"),
        (f"quay.io/team/notebook@{DIGEST}", f"quay.io/team/notebook@{DIGEST}"),
    ],
)
def test_an_image_reference_is_normalized(text: str, reference: str):
    assert str(parse(text)) == reference


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Big:1", "invalid reference format: repository name (library/Big) must be lowercase"),
        ("quay.io/Team/x", "invalid reference format: repository name (Team/x) must be lowercase"),
        ("quay.io/team/x:", "invalid reference format"),
        ("quay.io/team/x y", "invalid reference format"),
        ("", "invalid reference format"),
    ],
)
def test_an_invalid_image_reference_is_refused(text: str, problem: str):
    with pytest.raises(InvalidReference) as refused:
        parse(text)
    assert str(refused.value) == problem
