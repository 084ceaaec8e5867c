"""Which authenticator is in effect."""

import pytest
from oauthenticator.github import GitHubOAuthenticator
from tmpauthenticator import TmpAuthenticator
from traitlets.config import Config

from jupyterhub_openshift.authenticator.chosen import temporary_users
from jupyterhub_openshift.authenticator.project_authenticator import ProjectAuthenticator
from jupyterhub_openshift.authenticator.temporary_users import TemporaryAuthenticator


class Renamed(TmpAuthenticator):
    """Temporary users by another name."""


@pytest.mark.parametrize(
    ("authenticator", "temporary"),
    [
        ("tmp", True),
        ("tmpauthenticator.TmpAuthenticator", True),
        (TmpAuthenticator, True),
        (TemporaryAuthenticator, True),
        (Renamed, True),
        ("github", False),
        ("oauthenticator.github.GitHubOAuthenticator", False),
        (GitHubOAuthenticator, False),
        (ProjectAuthenticator, False),
    ],
)
def test_users_are_temporary_with_the_temporary_authenticator_only(authenticator, temporary):
    assert temporary_users(Config({"JupyterHub": {"authenticator_class": authenticator}})) is temporary
