"""Run the preflight: in the init container before each start, by hand, and in an image build.

| step | why in this order |
|---|---|
| settings | without them nothing else can be checked |
| project, configuration files, and what the hub builds from them | found without waiting for the database |
| database | waited for, since it may start at the same time as the hub |
| everything else | asked at once, when the wait is over |

An image build (`--build`) has neither database nor cluster: only the configuration files are checked.
"""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

from jupyterhub.traitlets import ByteSpecification
from traitlets import TraitError
from traitlets.config import Config

from ..authenticator.chosen import is_chosen
from ..authenticator.project_authenticator import ProjectAuthenticator
from ..base_url import base_url_of
from ..cluster.api import Cluster
from ..cluster.project import read_project
from ..config_files.hub_check import check_hub
from ..errors import StartupError, say
from ..inputs import Inputs, load_configuration
from ..proxy import SeparateProxy
from ..quantity import parse_quantity
from ..settings.environment import Settings, read_settings
from .address import check_route, check_service_account
from .capacity import Needs, check_limit_range, check_quota
from .connections import check_clock, check_login_server, check_proxy
from .database import check_database
from .facts import Facts, ask, paths
from .finding import FAILURE, PASSED, UNKNOWN, Finding, as_json, table
from .image import check_image
from .network import check_network_policies
from .own_objects import check_own_objects
from .permissions import check_permissions, needed
from .sample_server import check_sample_server
from .shared_data import check_shared_data
from .storage import check_storage_class
from .versions import check_versions

ONLY_A_DEPLOYMENT_HAS = {"CONFIGPROXY_AUTH_TOKEN": "only for this check"}
SPAWNERS = ("OpenShiftSpawner", "KubeSpawner", "Spawner")  # the most special class first
LOGINS = ("ProjectAuthenticator", "OpenShiftOAuthenticator")
PROXIES = ("SeparateProxy", "ConfigurableHTTPProxy")


class PreflightFailed(StartupError):
    """The failures of the preflight."""


def check_build(config: Path) -> None:
    """Raise a StartupError if the configuration files of an image have a fault."""
    project = read_project(None)
    c = load_configuration(config, Inputs(read_settings(ONLY_A_DEPLOYMENT_HAS), None, project))
    check_hub(c, project, building=True)
    say("The configuration is good")


def check_start(config: Path, cluster: Cluster | None, show_json: bool = False) -> None:
    """Print the findings; raise a StartupError if the hub cannot start, or could not be used."""
    try:
        findings, log_as_json = run_checks(config, cluster)
    except StartupError as error:
        if not show_json:
            raise
        print(as_json([Finding("start", FAILURE, str(error))]), flush=True)
        raise SystemExit(1) from None
    if show_json:
        print(as_json(findings), flush=True)
    elif log_as_json:
        for finding in findings:
            level = "" if finding.result in (PASSED, UNKNOWN) else "WARNING: "
            say(f"{level}{finding.check}: {finding.result}: {finding.text()}")
    else:
        print(table(findings), flush=True)
    if failures := [finding.text() for finding in findings if finding.result == FAILURE]:
        raise PreflightFailed("\n".join(failures))
    say("The configuration is good")


def run_checks(config: Path, cluster: Cluster | None) -> tuple[list[Finding], bool]:
    """Return the findings, and whether the log is JSON; raise a StartupError where no check can follow."""
    settings = read_settings()
    show = "python -m jupyterhub_openshift settings"
    findings = [Finding("settings", PASSED, "All settings can be used.", show)]
    inputs = Inputs(settings, cluster, read_project(cluster))
    c = load_configuration(config, inputs)
    check_hub(c, inputs.project, building=False)
    findings.append(Finding("configuration", PASSED, "All configuration files can be used.", show))
    findings.append(check_database(settings))
    findings += asyncio.run(connections(c, inputs))
    if cluster:
        findings += project_checks(c, settings, ask_api(c, settings, cluster), cluster)
        findings.append(check_sample_server(c, cluster))
    return findings, settings.log_format == "json"


async def connections(c: Config, inputs: Inputs) -> list[Finding]:
    """Check proxy and login server at the same time."""
    url, token = configured(c, PROXIES, "api_url", ""), configured(c, PROXIES, "auth_token", "")
    server = configured(c, LOGINS, "openshift_auth_api_url", None)
    server = server if is_chosen(c, ProjectAuthenticator) else None
    cluster = inputs.cluster
    client = f"system:serviceaccount:{cluster.namespace}:{cluster.account}" if cluster else ""
    checks = [check_login_server(server, client)]
    if c.JupyterHub.proxy_class is SeparateProxy:
        checks.insert(0, check_proxy(inputs.settings.application_name, url, token))
    return [*await asyncio.gather(*checks)]


def ask_api(c: Config, settings: Settings, cluster: Cluster) -> Facts:
    """Ask the API about everything that the checks of this configuration need."""
    name, image = settings.application_name, str(configured(c, SPAWNERS, "image", ""))
    streams = "/" not in image and "@" not in image
    permissions = needed(
        name,
        volumes=bool(configured(c, SPAWNERS, "storage_pvc_ensure", False)),
        menu=settings.notebook_menu == "on",
        streams=streams,
    )
    return ask(cluster, name, paths(cluster.namespace, name, image, cluster.account), permissions)


def project_checks(c: Config, settings: Settings, facts: Facts, cluster: Cluster) -> list[Finding]:
    """Evaluate what the API has answered."""
    needs, database, base_url = server_needs(c), settings.database_host or "", base_url_of(c)
    return [
        check_versions(facts),
        check_clock(facts),
        *check_own_objects(facts, database),
        check_permissions(facts.missing, cluster.account, facts.namespace),
        check_service_account(facts, cluster.account, is_chosen(c, ProjectAuthenticator), base_url),
        check_route(facts, base_url),
        check_image(facts, str(configured(c, SPAWNERS, "image", "")), configured(c, SPAWNERS, "cmd", None)),
        check_quota(facts, needs),
        check_limit_range(facts, needs),
        check_storage_class(facts, needs),
        check_shared_data(facts),
        check_network_policies(facts, database, configured(c, SPAWNERS, "port", 8080)),
    ]


def server_needs(c: Config) -> Needs:
    """Return what a server of the default size asks for."""
    volumes = configured(c, SPAWNERS, "storage_pvc_ensure", False)
    return Needs(
        memory=_bytes(configured(c, SPAWNERS, "mem_limit", None)),
        memory_request=_bytes(configured(c, SPAWNERS, "mem_guarantee", None)),
        cpu=_number(configured(c, SPAWNERS, "cpu_limit", None)),
        cpu_request=_number(configured(c, SPAWNERS, "cpu_guarantee", None)),
        volume=parse_quantity(str(configured(c, SPAWNERS, "storage_capacity", "0")))
        if volumes
        else Decimal(0),
        storage_class=str(configured(c, SPAWNERS, "storage_class", "") or "") if volumes else "",
    )


def configured(c: Config, classes: tuple[str, ...], trait: str, default: Any) -> Any:  # noqa: ANN401
    """Return the value of a trait, which may be set on several classes; the most special class wins."""
    return next((c[each][trait] for each in classes if each in c and trait in c[each]), default)


def _bytes(value: object) -> Decimal:
    """Return a trait's number of bytes; a function, which decides per user, counts as not set."""
    if value is None or callable(value):
        return Decimal(0)
    try:
        return Decimal(ByteSpecification().validate(None, value))
    except TraitError:
        return Decimal(0)


def _number(value: object) -> Decimal:
    return Decimal(str(value)) if isinstance(value, int | float) else Decimal(0)
