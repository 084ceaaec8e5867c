"""What a person reads who asked for something that is not there, at the place where they look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.transcript.jupyterlab import MINUTE
from tests.transcript.project import Project

pytestmark = [pytest.mark.sandbox, pytest.mark.browser, pytest.mark.cluster]


@pytest.fixture(scope="module")
def misspelled(project: Project) -> Iterator[str]:
    """An instance whose notebook image does not exist."""
    project.new_app("jupyterhub", "dc", APPLICATION_NAME="misspelled", NOTEBOOK_IMAGE="minimal-notebok:3.12")
    yield "misspelled"
    project.oc("delete", "all,pvc", "--selector", "app=misspelled")


def test_an_image_stream_that_is_not_there_is_named_on_the_users_page_with_the_command_that_lists_them(
    project: Project, misspelled: str, browser: BrowserContext
) -> None:
    page = browser.new_page()
    page.goto(project.url(misspelled), timeout=2 * MINUTE)
    sentence = (
        f'There is no image stream "minimal-notebok" in the project {project.name()}. '
        "This command lists those that there are: oc get imagestreams"
    )
    expect(page.get_by_text(sentence)).to_be_visible(timeout=2 * MINUTE)
