"""What an admin reads about starts in progress and failed starts."""

from copy import deepcopy
from types import SimpleNamespace

import pytest
from traitlets.config import Config

from jupyterhub_openshift.spawner import openshift_spawner, start_overview
from jupyterhub_openshift.spawner.start_overview import MOST, StartOverview

from .pods import requested


@pytest.fixture
def overview(monkeypatch):
    """The overview of the spawners of one test."""
    monkeypatch.setattr(openshift_spawner, "OVERVIEW", mine := StartOverview())
    return mine


def spawner(name: str, message: str = "") -> SimpleNamespace:
    return SimpleNamespace(_log_name=name, progress_event=lambda: {"message": message})


def test_starts_in_progress_say_what_they_wait_for(overview):
    with overview.start_of(spawner("alice:", "Your volume is being created.")):
        with overview.start_of(spawner("bob:lab", "Looking for a node for your server.")):
            assert [(each.server, each.waits_for) for each in overview.in_progress()] == [
                ("alice:", "Your volume is being created."),
                ("bob:lab", "Looking for a node for your server."),
            ]
            assert {each.seconds for each in overview.in_progress()} == {0}
        assert [each.server for each in overview.in_progress()] == ["alice:"]
    assert overview.in_progress() == []


def test_failures_are_counted_by_cause_without_the_users_log(overview, monkeypatch):
    monkeypatch.setattr(start_overview.time, "time", lambda: 1000.0)
    crash = "It ended.\n\nThe last lines of its log:\n\n    password\n\nFor administrators: oc get events"
    overview.add_failure(spawner("alice:"), "quota", "The quota is used up.")
    for name in ("bob:", "carol:"):
        overview.add_failure(spawner(name), "program-exit", crash)
    for now, ago in ((1059, "just now"), (1130, "2 min ago"), (10000, "2 h ago")):
        monkeypatch.setattr(start_overview.time, "time", lambda now=now: now)
        assert [(each.cause, each.count, each.ago) for each in overview.failures()] == [
            ("program-exit", 2, ago),
            ("quota", 1, ago),
        ]
    last = overview.failures()[0].last
    assert (last.server, last.sentence, last.command) == ("carol:", "It ended.", "oc get events")


def test_old_failures_are_forgotten(overview):
    for number in range(MOST + 1):
        overview.add_failure(spawner(str(number)), "timeout", "Too slow.")
    assert [each.count for each in overview.failures()] == [MOST]


def test_the_copies_of_a_configuration_have_the_same_overview(overview):
    c = Config()
    c.JupyterHub.template_vars = {"starts": overview}
    assert deepcopy(c).JupyterHub.template_vars["starts"] is overview


async def test_a_refused_start_is_a_failure_and_not_in_progress(spawner_of, api, recorded, overview):
    await requested(spawner_of("alice"), api, recorded)
    (failure,) = overview.failures()
    assert (failure.cause, failure.last.server) == ("quota", "alice")
    assert failure.last.sentence.startswith('The project\'s quota "compute" is used up')
    assert failure.last.command == "oc describe quota compute"
    assert overview.in_progress() == []
