"""Each `configure_x` function on an empty Config; the result is compared as a whole."""

import socket
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyterhub import crypto
from jupyterhub.spawner import Spawner
from kubespawner import KubeSpawner
from oauthenticator.github import GitHubOAuthenticator
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError
from traitlets import Int
from traitlets.config import Config

from jupyterhub_openshift import configure
from jupyterhub_openshift.authenticator.project_authenticator import ProjectAuthenticator
from jupyterhub_openshift.authenticator.temporary_users import TemporaryAuthenticator
from jupyterhub_openshift.cluster.project import Project
from jupyterhub_openshift.proxy import SeparateProxy
from jupyterhub_openshift.spawner.openshift_spawner import OpenShiftSpawner, profiles
from jupyterhub_openshift.spawner.start_overview import OVERVIEW

from .example_settings import PROJECT, settings

PLAIN = Project("default")


def configured(concern, project=PROJECT, **values) -> Config:
    c = Config()
    concern(c, settings(**values), project)
    return c


def test_the_hub_listens_on_all_interfaces_and_is_reached_through_its_service():
    assert configured(configure.configure_hub) == {
        "JupyterHub": {
            "hub_bind_url": "http://:8081",
            "hub_connect_url": "http://jupyterhub:8081",
            "cleanup_servers": False,
            "init_spawners_timeout": 0,
        },
        "PeriodicMetricsCollector": {"event_loop_interval_resolution": 0.25},
    }


@pytest.mark.parametrize(("secret", "value"), [("0f" * 32, b"\x0f" * 32), ("x" * 40, b"x" * 40)])
def test_the_cookie_secret_is_hexadecimal_or_any_text(secret, value):
    c = configured(configure.configure_hub, cookie_secret=SecretStr(secret))
    assert c.JupyterHub.cookie_secret == value


def test_several_encryption_keys_can_be_set():
    c = configured(configure.configure_hub, crypt_key=SecretStr("0f" * 32 + ";" + "1e" * 32))
    assert c.CryptKeeper == {"keys": ["0f" * 32, "1e" * 32]}


async def test_with_a_new_encryption_key_in_front_what_the_old_one_encrypted_stays_readable():
    """As docs/how-to/rotate-secrets.md describes; without the old key it is lost."""
    old, new = "0f" * 32, "1e" * 32

    def keeper(keys):
        c = configured(configure.configure_hub, crypt_key=SecretStr(keys))
        return crypto.CryptKeeper(config=c, n_threads=1)

    secret = await keeper(old).encrypt({"token": "x"})
    assert await keeper(f"{new};{old}").decrypt(secret) == {"token": "x"}
    again = await keeper(f"{new};{old}").encrypt({"token": "x"})
    assert await keeper(new).decrypt(again) == {"token": "x"}
    with pytest.raises(crypto.InvalidToken):
        await keeper(new).decrypt(secret)


def test_without_a_database_host_the_hub_uses_sqlite():
    assert configured(configure.configure_database) == {
        "JupyterHub": {"db_url": "sqlite:////opt/app-root/data/jupyterhub.sqlite", "upgrade_db": True}
    }


def test_a_database_that_accepts_connections_but_never_answers_does_not_block_the_hub():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        values = {"database_host": "127.0.0.1", "database_port": silent.getsockname()[1]}
        c = configured(configure.configure_database, **values)
        engine = create_engine(c.JupyterHub.db_url, **c.JupyterHub.db_kwargs)
        with pytest.raises(OperationalError, match="timeout expired"):
            engine.connect()


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_the_database_url_quotes_any_password_user_and_name(password, user, name):
    url = make_url(
        configure.database_url(
            settings(
                database_host="jupyterhub-db",
                database_password=SecretStr(password),
                database_user=user,
                database_name=name,
            )
        )
    )
    assert (url.password, url.username, url.database) == (password, user, name)
    assert (url.drivername, url.host, url.port) == ("postgresql+psycopg2", "jupyterhub-db", 5432)


def test_the_hub_uses_the_proxy_of_its_own_pod_and_starts_none():
    assert configured(configure.configure_proxy, application_name="jakevdp") == {
        "JupyterHub": {"proxy_class": SeparateProxy},
        "ConfigurableHTTPProxy": {
            "should_start": False,
            "api_url": "http://jakevdp-proxy:8001",
            "auth_token": "the-proxy-token",
        },
    }


def test_temporary_users_may_log_in_and_nobody_through_another_authenticator():
    assert configured(configure.configure_login) == {
        "JupyterHub": {"authenticator_class": TemporaryAuthenticator},
        "TmpAuthenticator": {"allow_all": True},
        "ProjectAuthenticator": {"project": "rec", "allow_project": True},
        "OAuthenticator": {"manage_groups": False},
        "Authenticator": {
            "allow_all": False,
            "allow_existing_users": False,
            "allowed_users": set(),
            "enable_auth_state": False,
        },
    }


def test_another_authenticator_allows_the_listed_users_and_admins():
    c = configured(
        configure.configure_login,
        authenticator="github",
        allowed_users=frozenset({"alice"}),
        allowed_groups=frozenset({"students"}),
        admin_users=frozenset({"carol"}),
        admin_groups=frozenset({"teachers"}),
        crypt_key=SecretStr("0f" * 32),
    )
    assert c == {
        "JupyterHub": {"authenticator_class": "github"},
        "TmpAuthenticator": {"allow_all": True},
        "ProjectAuthenticator": {"project": "rec", "allow_project": True},
        "OAuthenticator": {"manage_groups": True},
        "Authenticator": {
            "allow_all": False,
            "allow_existing_users": False,
            "allowed_users": {"alice", "carol"},
            "allowed_groups": {"students", "teachers"},
            "enable_auth_state": True,
        },
    }
    GitHubOAuthenticator(config=c)


def test_a_user_in_the_database_is_not_allowed_for_that_alone():
    """JupyterHub allows known users by default, so that a user removed from a group would stay allowed."""
    c = configured(
        configure.configure_login,
        authenticator="github",
        allowed_users=frozenset({"alice"}),
        admin_users=frozenset({"carol"}),
    )
    authenticator = GitHubOAuthenticator(config=c)
    authenticator.add_user(SimpleNamespace(name="mallory"))
    assert authenticator.allowed_users == {"alice", "carol"}


def test_allow_everyone_allows_everyone_who_can_authenticate():
    c = configured(configure.configure_login, authenticator="github", allow="everyone")
    assert c.Authenticator == {
        "allow_all": True,
        "allow_existing_users": False,
        "allowed_users": set(),
        "enable_auth_state": False,
    }


def test_the_openshift_login_allows_the_members_of_the_project():
    project = replace(PROJECT, login_server="https://oauth-openshift.apps.real.test")
    crypt_key = SecretStr("0f" * 32)
    c = configured(configure.configure_login, project, authenticator="openshift", crypt_key=crypt_key)
    assert c == {
        "JupyterHub": {"authenticator_class": ProjectAuthenticator},
        "TmpAuthenticator": {"allow_all": True},
        "ProjectAuthenticator": {"project": "rec", "allow_project": True},
        "OpenShiftOAuthenticator": {"openshift_auth_api_url": "https://oauth-openshift.apps.real.test"},
        "OAuthenticator": {"manage_groups": True},
        "Authenticator": {
            "allow_all": False,
            "allow_existing_users": False,
            "allowed_users": set(),
            "enable_auth_state": True,
        },
    }


@pytest.mark.parametrize("allow", ["everyone", "listed"])
def test_the_openshift_login_can_allow_others_than_the_members_of_the_project(allow):
    c = configured(configure.configure_login, authenticator="openshift", allow=allow)
    assert (c.ProjectAuthenticator.allow_project, c.Authenticator.allow_all) == (False, allow == "everyone")


def test_notebooks_are_named_and_labelled_after_the_application():
    assert configured(configure.configure_notebooks, application_name="jakevdp") == {
        "JupyterHub": {"spawner_class": OpenShiftSpawner},
        "KubeSpawner": {
            "namespace": "rec",
            "image": "minimal-notebook:3.12",
            "profile_list": profiles,
            "pod_name_template": "jakevdp-nb-{user_server}",
            "common_labels": {
                "app": "jakevdp",
                "app.kubernetes.io/name": "jupyterhub",
                "app.kubernetes.io/instance": "jakevdp",
                "app.kubernetes.io/part-of": "jakevdp",
                "app.kubernetes.io/managed-by": "kubespawner",
            },
        },
        "OpenShiftSpawner": {"application_name": "jakevdp", "image_menu": False},
        "Spawner": {
            "ip": "",
            "port": 8080,
            "default_url": "/lab",
            "start_timeout": 300,
            "http_timeout": 60,
            "poll_interval": 30,
        },
    }


def test_the_menu_offers_the_projects_image_streams():
    c = configured(configure.configure_notebooks, notebook_menu="on")
    assert c.OpenShiftSpawner == {"application_name": "jupyterhub", "image_menu": True}


def test_the_classic_interface_opens_at_tree():
    c = configured(configure.configure_notebooks, notebook_interface="classic")
    assert c.Spawner.default_url == "/tree"


def test_each_trait_is_set_on_the_class_that_defines_it():
    c = Config()
    everything = settings(
        authenticator="github",
        volume_size="1Gi",
        storage_class="fast",
        notebook_memory="1Gi",
        notebook_cpu="1",
    )
    for name, concern in vars(configure).items():
        if name.startswith("configure_"):
            concern(c, everything, PROJECT)
    for cls in (OpenShiftSpawner, KubeSpawner):
        own = {name for name in cls.class_traits(config=True) if not hasattr(Spawner, name)}
        assert set(c[cls.__name__]) <= own
    assert set(c.Spawner) <= set(Spawner.class_traits(config=True))


@pytest.mark.parametrize(("project", "uid"), [(PROJECT, 1000190000), (PLAIN, None)])
def test_servers_run_with_the_projects_uid_and_without_privileges(project, uid):
    assert configured(configure.configure_security, project) == {
        "KubeSpawner": {
            "uid": uid,
            "fs_gid": uid,
            "allow_privilege_escalation": False,
            "container_security_context": {
                "runAsNonRoot": True,
                "capabilities": {"drop": ["ALL"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "automount_service_account_token": False,
        }
    }


NO_LIMITS = {"active_server_limit": 0, "allow_named_servers": False, "named_server_limit_per_user": 0}


def test_limits_and_requests_are_kubernetes_quantities():
    quantities = {"notebook_memory": "512Mi", "notebook_memory_request": "256Mi"}
    quantities |= {"notebook_cpu": "500m", "notebook_cpu_request": "100m"}
    assert configured(configure.configure_limits, **quantities) == {
        "Spawner": {
            "mem_limit": 536870912,
            "mem_guarantee": 268435456,
            "cpu_limit": 0.5,
            "cpu_guarantee": 0.1,
        },
        "JupyterHub": NO_LIMITS,
    }


def test_unset_limits_are_not_configured():
    assert configured(configure.configure_limits) == {"JupyterHub": NO_LIMITS}


def test_the_number_of_servers_is_limited_in_total_and_per_user():
    assert configured(configure.configure_limits, max_servers=20, named_servers=2) == {
        "JupyterHub": {
            "active_server_limit": 20,
            "allow_named_servers": True,
            "named_server_limit_per_user": 2,
        }
    }


def test_without_a_size_servers_have_no_volume():
    assert configured(configure.configure_storage) == {"KubeSpawner": {"delete_pvc": False}}


def test_with_a_size_each_user_has_a_volume_that_is_kept():
    c = configured(
        configure.configure_storage, authenticator="github", volume_size="1Gi", storage_class="fast"
    )
    assert c == {
        "KubeSpawner": {
            "delete_pvc": False,
            "storage_pvc_ensure": True,
            "storage_capacity": "1Gi",
            "storage_class": "fast",
            "pvc_name_template": "jupyterhub-nb-{user_server}",
        },
        "OpenShiftSpawner": {"home_volume": True},
    }


@pytest.mark.parametrize(
    ("authenticator", "sets"),
    [
        ("tmp", {"shutdown_on_logout": True, "template_vars": {"after_logout": configure.AFTER_TEMPORARY}}),
        (ProjectAuthenticator, {"template_vars": {"after_logout": configure.AFTER_OPENSHIFT}}),
        ("github", {}),
    ],
)
def test_a_logout_stops_the_server_of_a_temporary_user_only_and_the_page_says_what_goes_on(
    authenticator, sets
):
    c = Config({"JupyterHub": {"authenticator_class": authenticator}})
    configure.configure_logout(c, settings(), PROJECT)
    assert c == {"JupyterHub": {"authenticator_class": authenticator, **sets}}


def test_a_users_file_may_keep_servers_at_logout():
    own = {"authenticator_class": "tmp", "shutdown_on_logout": False}
    c = Config({"JupyterHub": own})
    configure.configure_logout(c, settings(), PROJECT)
    assert c == {"JupyterHub": own}


def culling(c: Config | None = None, **values) -> Config:
    c = c or Config({"JupyterHub": {"authenticator_class": TemporaryAuthenticator}})
    configure.configure_culling(c, settings(**values), PROJECT)
    return c


def options(c: Config) -> list[str]:
    python, flag, module, *rest = c.JupyterHub.services[0]["command"]
    assert (python, flag, module) == (sys.executable, "-m", "jupyterhub_openshift.idle_culler")
    return rest


def test_idle_servers_are_stopped_and_temporary_users_deleted_with_them():
    c = culling(idle_timeout=600)
    assert c == {
        "JupyterHub": {
            "authenticator_class": TemporaryAuthenticator,
            "services": [
                {
                    "name": "idle-culler",
                    "command": ANY,
                    "environment": {"JUPYTERHUB_LOG_FORMAT": "text"},
                }
            ],
            "load_roles": [
                {
                    "name": "idle-culler",
                    "scopes": [
                        "list:users",
                        "read:users:activity",
                        "read:servers",
                        "delete:servers",
                        "delete:users",
                    ],
                    "services": ["idle-culler"],
                }
            ],
        },
        "OpenShiftSpawner": {
            "culling": {"JUPYTERHUB_IDLE_TIMEOUT": "600", "JUPYTERHUB_CULL_WARNING": "300"},
        },
    }
    assert options(c) == ["--timeout=600", "--max-age=0", "--cull-every=60", "--cull-users=true"]


def test_the_culler_may_read_the_age_of_temporary_users():
    c = culling(idle_timeout=0, max_age=86400)
    assert options(c) == ["--timeout=3153600000", "--max-age=86400", "--cull-every=60", "--cull-users=true"]
    assert c.JupyterHub.load_roles[0]["scopes"][4:] == ["delete:users", "read:users"]
    assert c.OpenShiftSpawner.culling == {
        "JUPYTERHUB_MAX_AGE": "86400",
        "JUPYTERHUB_CULL_WARNING": "300",
    }


def test_lasting_users_are_not_deleted_with_their_servers():
    c = Config({"JupyterHub": {"authenticator_class": "github"}})
    culling(c, max_age=86400, volume_size="1Gi")
    assert options(c) == ["--timeout=3600", "--max-age=86400", "--cull-every=60"]
    assert "delete:users" not in c.JupyterHub.load_roles[0]["scopes"]
    assert "read:users" not in c.JupyterHub.load_roles[0]["scopes"]
    assert c.OpenShiftSpawner.culling["JUPYTERHUB_VOLUME_SIZE"] == "1Gi"


def test_the_culler_logs_in_the_hubs_format():
    (service,) = culling(log_format="json").JupyterHub.services
    assert service["environment"] == {"JUPYTERHUB_LOG_FORMAT": "json"}


@pytest.mark.parametrize(
    ("timeout", "age", "often"), [(40, 0, 4), (3600, 70, 7), (3600, 0, 60), (600, 0, 60), (2, 0, 1)]
)
def test_the_culler_checks_more_often_for_short_timeouts(timeout, age, often):
    assert f"--cull-every={often}" in options(culling(idle_timeout=timeout, max_age=age))


def test_without_timeout_and_age_there_is_no_culler():
    c = culling(idle_timeout=0)
    assert c == {"JupyterHub": {"authenticator_class": TemporaryAuthenticator}}


def test_services_and_roles_of_a_users_file_stay_beside_the_culler():
    c = Config({"JupyterHub": {"authenticator_class": "tmp"}})
    c.JupyterHub.services = [{"name": "announcement"}]
    c.JupyterHub.load_roles.append({"name": "announcement"})
    culling(c)
    assert [service["name"] for service in c.JupyterHub.services] == ["announcement", "idle-culler"]
    assert [role["name"] for role in c.JupyterHub.load_roles] == ["announcement", "idle-culler"]


def test_a_culler_of_a_users_file_replaces_ours():
    c = Config(
        {
            "JupyterHub": {
                "authenticator_class": "tmp",
                "services": [{"name": "idle-culler", "command": ["x"]}],
            }
        }
    )
    assert culling(c).JupyterHub.services == [{"name": "idle-culler", "command": ["x"]}]
    assert "load_roles" not in c.JupyterHub
    assert "OpenShiftSpawner" not in c


TEMPLATES = Path(configure.__file__).parent / "templates"
OURS = ["/opt/app-root/src/templates", str(TEMPLATES / "openshift"), str(TEMPLATES)]


def test_pages_have_title_logo_and_templates_and_the_users_templates_take_precedence():
    logo = TEMPLATES / "openshift" / "jupyter.svg"
    assert configured(configure.configure_pages) == {
        "JupyterHub": {
            "template_paths": OURS,
            "template_vars": {"hub_title": "JupyterHub", "starts": OVERVIEW},
            "logo_file": str(logo),
        },
        "KubeSpawner": {"additional_profile_form_template_paths": OURS[:2]},
    }
    assert logo.is_file()


def test_title_and_logo_come_from_the_environment():
    c = configured(configure.configure_pages, title="Physics", logo="/opt/app-root/src/logo.svg")
    assert (c.JupyterHub.template_vars["hub_title"], c.JupyterHub.logo_file) == (
        "Physics",
        "/opt/app-root/src/logo.svg",
    )


def test_page_settings_of_a_users_file_take_precedence():
    c = Config()
    c.JupyterHub.template_vars.update({"announcement": "Friday"})
    c.JupyterHub.template_paths = ["/mine"]
    c.JupyterHub.logo_file = "/mine/logo.svg"
    c.KubeSpawner.additional_profile_form_template_paths.append("/mine")
    configure.configure_pages(c, settings(title="Physics"), PROJECT)
    assert c == {
        "JupyterHub": {
            "template_paths": ["/mine", *OURS],
            "template_vars": {"hub_title": "Physics", "starts": OVERVIEW, "announcement": "Friday"},
            "logo_file": "/mine/logo.svg",
        },
        "KubeSpawner": {"additional_profile_form_template_paths": ["/mine", *OURS[:2]]},
    }


def test_a_metrics_token_adds_a_service_that_may_only_read_metrics():
    c = Config()
    configure.configure_metrics(c, settings(metrics_token=SecretStr("3e" * 32)), PROJECT)
    assert c == {
        "JupyterHub": {
            "services": [{"name": "metrics", "api_token": "3e" * 32}],
            "load_roles": [{"name": "metrics", "scopes": ["read:metrics"], "services": ["metrics"]}],
        }
    }


def test_without_a_metrics_token_there_is_no_such_service():
    c = Config()
    configure.configure_metrics(c, settings(), PROJECT)
    assert c == {}


def test_a_role_of_a_users_file_replaces_that_of_a_service():
    c = Config()
    role = {"name": "metrics", "scopes": ["read:metrics", "list:users"], "services": ["metrics"]}
    c.JupyterHub.load_roles = [role]
    configure.configure_metrics(c, settings(metrics_token=SecretStr("3e" * 32)), PROJECT)
    assert c.JupyterHub.load_roles == [role]
    assert [service["name"] for service in c.JupyterHub.services] == ["metrics"]


def administered(authenticator, own: dict | None = None, **values) -> Config:
    c = configured(configure.configure_login, **values)
    c.JupyterHub.update({"authenticator_class": authenticator, **(own or {})})
    configure.configure_admins(c, settings(**values), PROJECT)
    return c.JupyterHub


ADMINS = {"admin_users": frozenset({"Carol"}), "admin_groups": frozenset({"teachers"})}


def test_admins_manage_the_hub_without_access_to_servers():
    (role,) = administered("github", **ADMINS).load_roles
    assert role == {
        "name": "hub-admin",
        "scopes": [
            "admin-ui",
            "list:users",
            "read:users",
            "delete:users",
            "servers",
            "list:groups",
            "read:groups",
            "list:services",
            "read:services",
            "read:roles",
            "read:hub",
            "read:metrics",
            "shutdown",
        ],
        "users": ["carol"],
        "groups": ["teachers"],
    }


def test_users_may_share_their_server_and_read_the_names_of_admins():
    assert administered("github", **ADMINS).extra_user_scopes == {
        "shares!user",
        "read:users:name!user=carol",
        "read:users:name!group=teachers",
        "read:groups:name!group=teachers",
    }


def test_with_the_openshift_login_project_admins_are_hub_admins():
    hub = administered(ProjectAuthenticator, **ADMINS)
    assert (hub.load_roles[0]["users"], hub.load_roles[0]["groups"]) == (
        ["Carol"],
        ["rec:admins", "teachers"],
    )
    assert "read:groups:name!group=rec:admins" in hub.extra_user_scopes


def test_a_group_of_another_login_is_not_taken_for_the_projects_admins():
    """The OAuthenticator for GitHub names teams `organisation:team`."""
    assert "load_roles" not in administered("github")


def test_admins_of_the_environment_may_log_in_whomever_a_users_file_allows():
    c = Config({"JupyterHub": {"authenticator_class": "github"}})
    c.Authenticator.allowed_users = {"dave"}
    c.Authenticator.allowed_groups.add("staff")
    configure.configure_admins(c, settings(**ADMINS), PROJECT)
    assert c.Authenticator == {"allowed_users": {"dave", "Carol"}, "allowed_groups": {"staff", "teachers"}}


def test_the_hubs_spawner_is_used_where_a_users_file_chooses_kubespawner():
    for chosen in ("kubespawner.KubeSpawner", "kubespawner.spawner.KubeSpawner", KubeSpawner):
        c = Config({"JupyterHub": {"spawner_class": chosen}})
        configure.configure_spawner(c, settings(), PROJECT)
        assert c.JupyterHub.spawner_class is OpenShiftSpawner


def test_a_class_of_a_users_file_that_derives_from_kubespawner_gets_what_the_hubs_spawner_does():
    class Mine(KubeSpawner):
        level = Int(config=True)

        def get_env(self):
            return {"LEVEL": str(self.level)}

    c = Config({"JupyterHub": {"spawner_class": Mine}, "Mine": {"level": 3}, "KubeSpawner": {"image": "a"}})
    configure.configure_spawner(c, settings(), PROJECT)
    used = c.JupyterHub.spawner_class
    assert (used.__name__, issubclass(used, OpenShiftSpawner)) == ("Mine", True)
    assert (used.get_env, used.progress) == (Mine.get_env, OpenShiftSpawner.progress)
    spawner = used.__new__(used)
    spawner.config = c
    assert (spawner.level, spawner.image) == (3, "a")


@pytest.mark.parametrize("chosen", ["simple", "jupyterhub.spawner.LocalProcessSpawner", OpenShiftSpawner])
def test_another_spawner_of_a_users_file_is_used(chosen):
    c = Config({"JupyterHub": {"spawner_class": chosen}})
    configure.configure_spawner(c, settings(), PROJECT)
    assert c.JupyterHub.spawner_class == chosen


def test_temporary_users_have_no_admins_and_nothing_to_share():
    assert administered("tmp") == {"authenticator_class": "tmp"}


def test_roles_of_a_users_file_are_kept():
    own = {
        "load_roles": [{"name": "user", "scopes": ["self"]}, {"name": "hub-admin", "scopes": ["list:users"]}]
    }
    hub = administered("github", own, **ADMINS)
    assert hub == {"authenticator_class": "github", **own}


def test_user_scopes_of_a_users_file_are_kept():
    c = Config({"JupyterHub": {"authenticator_class": "github"}})
    c.JupyterHub.extra_user_scopes.add("access:services")
    configure.configure_admins(c, settings(), PROJECT)
    assert c.JupyterHub.extra_user_scopes == {"access:services", "shares!user"}


def test_with_a_queue_the_spawner_counts_servers_and_starts_and_jupyterhub_refuses_none():
    c = Config({"JupyterHub": {"spawner_class": OpenShiftSpawner, "active_server_limit": 20}})
    configure.configure_queue(c, settings(queue_idle_timeout=900), PROJECT)
    assert c.OpenShiftSpawner == {
        "queue_length": 100,
        "queue_idle_timeout": 900,
        "max_servers": 20,
        "max_starts": 100,
    }
    assert (c.JupyterHub.active_server_limit, c.JupyterHub.concurrent_spawn_limit) == (0, 0)


@pytest.mark.parametrize(("spawner", "length"), [(OpenShiftSpawner, 0), (KubeSpawner, 100), ("simple", 100)])
def test_without_a_queue_or_with_another_spawner_jupyterhub_keeps_its_limits(spawner, length):
    own = {"spawner_class": spawner, "active_server_limit": 20}
    c = Config({"JupyterHub": own})
    configure.configure_queue(c, settings(queue_length=length), PROJECT)
    assert c == {"JupyterHub": own}
