"""A project, and settings with all defaults but those that a test names."""

from pydantic import SecretStr

from jupyterhub_openshift.cluster.project import Project
from jupyterhub_openshift.settings.environment import Settings

PROJECT = Project("rec", 1000190000, 1000190000)


def settings(**values) -> Settings:
    defaults = {name: field.get_default() for name, field in Settings.model_fields.items()}
    return Settings.model_construct(**{**defaults, "proxy_token": SecretStr("the-proxy-token"), **values})
