"""Failed starts from end to end: a real hub, and pods that run in the sandbox. All users start at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .starts import Starts, ask, failed_starts

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def starts(tmp_path_factory, configurable_http_proxy) -> Iterator[Starts]:
    with failed_starts(tmp_path_factory.mktemp("starts"), configurable_http_proxy) as found:
        yield found


COMMAND = "For administrators: oc get events --field-selector involvedObject.name=jupyterhub-nb-"
ADMINISTRATOR = "Ask an administrator of this hub."


@pytest.mark.parametrize(
    ("name", "paragraphs"),
    [
        (
            "crash",
            [
                f"Your server's program ended with exit code 3 before your server was ready. {ADMINISTRATOR}",
                "The last lines of its log:",
                "    cannot import notebook",
                f"{COMMAND}crash",
            ],
        ),
        (
            "command",
            [
                "The start command of your server was not found in the image (exit code 127). "
                f"{ADMINISTRATOR}",
                "The last lines of its log:",
                "    /usr/bin/container-entrypoint: line 3: exec: nosuch-command: not found",
                f"{COMMAND}command",
            ],
        ),
        (
            "completed",
            [
                f"Your server's program ended with exit code 0 before your server was ready. {ADMINISTRATOR}",
                f"{COMMAND}completed",
            ],
        ),
        (
            "silent",
            [
                "Your server runs, but did not answer within 5 seconds. Its start command may not start a "
                f"notebook server. {ADMINISTRATOR}",
                "The last lines of its log:",
                "    sleeping",
                f"{COMMAND}silent",
            ],
        ),
        (
            "invalid",
            [
                f'"quay.io/Upper/Case:1.0" is not a valid name of an image. {ADMINISTRATOR}',
                f"{COMMAND}invalid",
            ],
        ),
        (
            "secret",
            [
                'Your server needs its environment from a secret, but the secret "nosuch" does not exist. '
                f"{ADMINISTRATOR}",
                "For administrators: oc describe secret nosuch",
            ],
        ),
        (
            "mount",
            [
                'Your server needs a volume with a secret, but the secret "nosuch" does not exist. '
                f"{ADMINISTRATOR}",
                "For administrators: oc describe secret nosuch",
            ],
        ),
        (
            "selector",
            [
                "No node of the cluster can run your server: 1 node does not have the labels that the server "
                f"requires (gpu=yes). {ADMINISTRATOR}",
                f"{COMMAND}selector",
            ],
        ),
        (
            "memory",
            [
                f"No node of the cluster can run your server: 1 node has too little memory. {ADMINISTRATOR}",
                f"{COMMAND}memory",
            ],
        ),
        (
            "class",
            [
                f'The storage class "nosuch" of your volume does not exist. {ADMINISTRATOR}',
                "For administrators: oc describe pvc claim-class",
            ],
        ),
        (
            "init",
            [
                'The init container "first", which runs before your server, ended with exit code 4. '
                f"{ADMINISTRATOR}",
                f"{COMMAND}init",
            ],
        ),
        (
            "deadline",
            [
                "Your server was ended, because it reached the deadline that its pod has "
                f"(activeDeadlineSeconds). {ADMINISTRATOR}",
                f"{COMMAND}deadline",
            ],
        ),
    ],
)
def test_the_user_reads_why_the_server_did_not_start(starts, name, paragraphs):
    assert starts.message(name).split("\n\n") == paragraphs


def test_a_server_that_was_restarted_once_starts(starts):
    last = starts.events["late"][-1]
    assert (last.get("ready"), last.get("failed")) == (True, None), last


def test_the_progress_never_goes_back_before_the_failure(starts):
    for events in starts.events.values():
        shown = [event["progress"] for event in events if "progress" in event]
        assert shown == sorted(shown)


def test_no_failure_leaves_a_traceback_or_counts_towards_the_hubs_failure_limit(starts):
    """The limit is one failure: a hub that had counted any would have ended."""
    log = starts.log.read_text()
    assert "Traceback" not in log
    assert "never retrieved" not in log
    assert ask(f"{starts.url}/hub/api/")
