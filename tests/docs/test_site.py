"""The site builds strictly, and what its pages state agrees with the code."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import kubespawner
import pytest
from prometheus_client import REGISTRY
from traitlets.config import Config

from docs.generated_pages import COMMANDS, GROUPS, ORDER, pages
from jupyterhub_openshift import configure
from jupyterhub_openshift.config_files.loader import load_config_files
from jupyterhub_openshift.preflight.finding import FAILURE, PASSED, UNKNOWN, WARNING
from tests.docs.pages import CHECKOUT, DOCS, PAGES, examples
from tests.hub.example_settings import PROJECT, settings
from tests.openshift.rendered import ITEMS, TEMPLATES, Obj, process, required

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]+)?\)")
NEED_A_PACKAGE = ["c.LDAPAuthenticator"]


def test_the_site_has_every_page_and_finds_each_by_search(site: Path) -> None:
    built = {str(path.parent.relative_to(site)) for path in site.rglob("index.html")}
    names = [*PAGES, *pages()]
    assert {name.removesuffix(".md") for name in names} - {"index"} <= built
    index = json.loads((site / "search" / "search_index.json").read_text())
    found = {entry["location"].partition("#")[0].strip("/") for entry in index["docs"]}
    assert {name.removesuffix(".md") for name in names} - {"index"} <= found


def test_the_navigation_lists_every_page(site: Path) -> None:
    home = (site / "index.html").read_text()
    missing = [
        name for name in PAGES if name != "index.md" and f'href="{name.removesuffix(".md")}/"' not in home
    ]
    assert missing == []


@pytest.mark.parametrize("name", ["README.md", "SECURITY.md", "CHANGELOG.md"])
def test_every_relative_link_leads_to_a_file(name: str) -> None:
    links = LINK.findall((CHECKOUT / name).read_text())
    assert [path for path, _ in links if path and not (CHECKOUT / path).exists()] == []


def test_the_reference_lists_every_parameter_of_every_template() -> None:
    sections = dict(
        re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", pages()["reference/templates.md"], re.M | re.S)
    )
    listed = {name: re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE) for name, text in sections.items()}
    assert {name: sorted(rows) for name, rows in listed.items()} == {
        name: sorted(parameter["name"] for parameter in template["parameters"])
        for name, template in TEMPLATES.items()
    }
    assert sorted(GROUPS) == sorted(ORDER)


def test_the_reference_lists_every_command() -> None:
    page = pages()["reference/command-line.md"]
    choices = re.search(r"\{([\w,]+)\}", page)
    assert choices and set(choices[1].split(",")) == set(COMMANDS) - {""}


@pytest.mark.parametrize(
    ("page", "code"),
    examples("python"),
    ids=[f"{page}-{n}" for n, (page, _) in enumerate(examples("python"))],
)
def test_the_hub_loads_every_example_of_configuration(
    page: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if any(name in code for name in NEED_A_PACKAGE):
        pytest.skip("tests/hub/authenticator/test_login_docs.py loads it")
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "jupyterhub_config.py").write_text(code)
    c = Config()
    ours = settings(volume_size="1Gi")
    for concern in (configure.configure_notebooks, configure.configure_storage, configure.configure_login):
        concern(c, ours, PROJECT)
    load_config_files(c, ours, building=True, root=tmp_path)
    assert c.OpenShiftSpawner.home_volume, f"{page}: the example leaves out the users' volumes"


def test_the_queries_use_metrics_that_the_hub_has() -> None:
    import jupyterhub.metrics  # noqa: F401 (registers them)

    known = {metric.name for metric in REGISTRY.collect()}
    dashboard = (CHECKOUT / "openshift/monitoring/dashboard.json").read_text()
    for text in (PAGES["how-to/metrics.md"], dashboard):
        used = set(re.findall(r"\b((?:jupyterhub|process)_\w+?)(?:_bucket|_count|_total)?(?=[\[{`),])", text))
        assert len(used) > 3
        assert used <= known


def test_every_panel_of_the_dashboard_shows_the_chosen_hub() -> None:
    dashboard = json.loads((CHECKOUT / "openshift/monitoring/dashboard.json").read_text())
    assert [variable["name"] for variable in dashboard["templating"]["list"]] == ["datasource", "hub"]
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert [
        each for each in expressions if 'job="$hub"' not in each or each.count("(") != each.count(")")
    ] == []
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)


def test_the_page_of_labels_lists_every_label_and_annotation_of_the_templates() -> None:
    objects = [*ITEMS, *(obj for name in TEMPLATES for obj in process(name, **required(name)))]
    used = {key for obj in objects for metadata in metadatas(obj) for key in metadata}
    listed = set(re.findall(r"^\| `([^`]+)` \|", PAGES["reference/labels.md"], re.MULTILINE))
    assert used <= listed
    packages = [CHECKOUT / "jupyterhub_openshift", Path(kubespawner.__file__).parent]
    code = "\n".join(path.read_text() for package in packages for path in package.rglob("*.py"))
    assert [name for name in listed - used if name not in code] == []


def test_the_security_model_lists_every_permission_of_the_hubs_role() -> None:
    _, _, table = PAGES["explanation/security.md"].partition("| resource | permission | purpose |\n")
    rows = re.findall(r"^\| (`.+?`) \| (.+?) \|", table.partition("\n\n")[0], re.MULTILINE)
    listed = {
        (resource, verb)
        for resources, verbs in rows
        for resource in re.findall("`(.+?)`", resources)
        for verb in re.findall("get|list|watch|create|patch|delete", verbs)
    }
    role = next(obj for obj in process("jupyterhub-workspace") if obj["kind"] == "Role")
    assert listed == {
        (resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]
    }


def test_the_page_of_the_preflight_lists_every_check() -> None:
    listed = re.findall(r"^\| `([a-z ]+)` \|", PAGES["reference/preflight.md"], re.MULTILINE)
    code = "\n".join(path.read_text() for path in (CHECKOUT / "jupyterhub_openshift/preflight").glob("*.py"))
    checks = set(re.findall(r'(?:Finding\(\s*|CHECK = )"([a-z ]+)"', code)) - {
        "start",
        "preflight",
    }  # no check could run
    assert set(listed) - {PASSED, WARNING, FAILURE, UNKNOWN} == checks


def metadatas(obj: Obj) -> list[dict[str, str]]:
    """The labels and annotations of an object, and those of its pod template or tags."""
    spec = obj.get("spec", {})
    inner = [obj["metadata"], spec.get("template", {}).get("metadata", {}), *spec.get("tags", [])]
    return [each.get(part) or {} for each in inner for part in ("labels", "annotations")]


def test_every_page_of_the_directory_is_lower_case_and_ends_with_a_newline() -> None:
    for path in DOCS.rglob("*.md"):
        assert path.name == path.name.lower()
        assert path.read_text().endswith("\n")
