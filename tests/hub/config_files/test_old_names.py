"""The tables of old names match the installed packages, whose next version may drop a name."""

import re

import pytest
from jupyterhub.app import JupyterHub
from jupyterhub.auth import Authenticator
from jupyterhub.objects import Hub
from kubespawner import KubeSpawner
from traitlets import HasTraits, TraitError, TraitType
from traitlets.config import Config

from jupyterhub_openshift import configure
from jupyterhub_openshift.cluster.project import Project
from jupyterhub_openshift.config_files.old_names import SHADOWED, WITHOUT_EFFECT, WORKING
from jupyterhub_openshift.config_files.trait_check import TraitChecker

from ..example_settings import settings

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the tests set deprecated names

TABLES = WORKING | SHADOWED | WITHOUT_EFFECT
NAMED = {name.partition(".")[0]: {} for name in [*TABLES, *TABLES.values()] if " " not in name}
CHECKER = TraitChecker(Config(NAMED))  # imports the classes that the tables name
IDPS = {"https://idp.example.org": {"username_derivation": {"username_claim": "sub"}}}
# For each type of setting there is one that fits, and is not the default.
VALUES = (7, True, "text", {"alice"}, ["a"], {"a": {"b"}}, {"a": "b"})
OTHER_IDPS = {"https://other.example.org": {"username_derivation": {"username_claim": "sub"}}}
NEEDED = {
    "Auth0OAuthenticator": {"auth0_domain": "example.org"},
    "CILogonOAuthenticator": {"idps": IDPS},
    "AzureAdOAuthenticator": {"manage_groups": True},
    "GenericOAuthenticator": {"manage_groups": True},
    "OpenShiftOAuthenticator": {
        "openshift_auth_api_url": "https://login.example.org",
        "openshift_url": "https://api.example.org",
    },
}
# Their documentation has the word, but they have their place in a configuration of today.
KEPT = {"JupyterHub.extra_log_file", "JupyterHub.subdomain_hook", "KubeSpawner.image_pull_secrets"}


def of(table: dict[str, str], *owners: type) -> list[str]:
    """Return the names of a table that belong to one of these classes."""
    return [name for name in table if issubclass(CHECKER.classes[name.partition(".")[0]], owners)]


def changes(cls: type, key: str) -> set[str]:
    """Return the other settings of an object that a setting changes."""
    others, value = NEEDED.get(cls.__name__, {}), sample(cls, key)
    with_it, without = (
        cls(config=Config({cls.__name__: config})) for config in ({**others, key: value}, others)
    )
    compared = [name for name in cls.class_traits(config=True) if name != key]
    both = {name: (getattr(with_it, name), getattr(without, name)) for name in compared}
    return {name for name, (one, other) in both.items() if not callable(one) and one != other}


def sample(cls: type, key: str) -> object:
    trait = cls.class_traits(config=True).get(key)
    return OTHER_IDPS if key == "allowed_idps" else next(value for value in VALUES if fits(trait, value))


def fits(trait: TraitType | None, value: object) -> bool:
    try:
        return trait is None or trait.validate(HasTraits(), value) == value
    except TraitError:
        return False


def test_the_tables_share_no_name():
    assert len(TABLES) == len(WORKING) + len(SHADOWED) + len(WITHOUT_EFFECT)


@pytest.mark.parametrize("new", sorted({new for new in TABLES.values() if " " not in new}))
def test_the_successor_of_an_old_name_is_a_current_setting(new):
    section, _, key = new.partition(".")
    assert (CHECKER.unknown(section, key), CHECKER.old_name(section, key)) == ("", "")


def test_every_name_that_an_installed_package_deprecates_is_in_a_table():
    found = set()
    for name, cls in CHECKER.classes.items():
        if cls.__module__.partition(".")[0] in ("jupyterhub", "kubespawner", "oauthenticator"):
            for aliases in ("_deprecated_traits", "_deprecated_aliases", "_deprecated_oauth_aliases"):
                found |= {f"{name}.{old}" for old in vars(cls).get(aliases, {})}
            for key, trait in cls.class_own_traits(config=True).items():
                if re.search("deprecated", trait.help or "", re.IGNORECASE):
                    found.add(f"{name}.{key}")
    typo = "KubeSpawner.singleuser_allow_privilege_escalationsingleuser_lifecycle_hooks"  # a comma is missing
    assert found - TABLES.keys() - KEPT == {typo}


@pytest.mark.parametrize("name", of(WORKING, Authenticator))
def test_an_authenticator_accepts_the_old_names_that_still_work(name):
    owner, _, key = name.partition(".")
    cls, new = CHECKER.classes[owner], WORKING[name].partition(".")[2]
    if hasattr(cls, new):
        assert new in changes(cls, key)
    else:
        assert key in cls.class_traits(
            config=True
        )  # it works by itself: the new name belongs to another class


@pytest.mark.parametrize("name", of(WITHOUT_EFFECT, Authenticator))
def test_an_authenticator_ignores_or_refuses_the_old_names_without_effect(name):
    owner, _, key = name.partition(".")
    cls = CHECKER.classes[owner]
    try:
        changed = changes(cls, key)
    except ValueError as refusal:
        assert key in str(refusal)
    else:
        # OpenShiftOAuthenticator can turn verification off; ProjectAuthenticator, its subclass, cannot.
        assert changed - {"validate_server_cert"} == set()


@pytest.mark.parametrize("name", of(WORKING, JupyterHub))
def test_jupyterhub_accepts_the_old_names_that_still_work(name):
    key, (section, _, new) = name.partition(".")[2], WORKING[name].partition(".")
    app = JupyterHub(config=Config({"JupyterHub": {key: sample(JupyterHub, key)}}))
    assert section != "ConfigurableHTTPProxy" or new in app.config.ConfigurableHTTPProxy


@pytest.mark.parametrize("name", of(WITHOUT_EFFECT, JupyterHub))
def test_old_names_without_effect_do_not_change_the_hubs_address(name):
    key = name.partition(".")[2]
    urls = []
    for setting in ({}, {key: sample(JupyterHub, key)}):
        c = Config({"JupyterHub": setting})
        configure.configure_hub(c, settings(), Project("default"))
        app = JupyterHub(config=c)
        app.init_hub()
        urls.append((app.hub.bind_url, app.hub.url, app.hub.api_url))
    assert urls[0] == urls[1]


@pytest.mark.parametrize("name", [*SHADOWED, *of(WITHOUT_EFFECT, KubeSpawner)])
def test_the_spawner_accepts_an_old_name_only_while_the_new_one_is_unset(name):
    key, new = name.partition(".")[2], TABLES[name].partition(".")[2]
    hub = Hub(connect_url="http://jupyterhub:8081/hub/")
    value = sample(KubeSpawner, key if key in KubeSpawner.class_traits() else new)
    taken = []
    for others in ({}, {new: sample(KubeSpawner, new)}):
        spawner = KubeSpawner.__new__(KubeSpawner)  # without its connection to a cluster
        spawner.hub = hub
        spawner.config = Config({"KubeSpawner": {**others, key: value}})
        taken.append(new not in others and new in spawner.config.KubeSpawner)
    assert taken == [name in SHADOWED, False]
    assert hub.url == "http://jupyterhub:8081/hub/"
