"""The steps of recorded starts as the progress page shows them."""

import pytest

from jupyterhub_openshift.spawner.diagnosis import diagnose
from jupyterhub_openshift.spawner.progress import progress_event

from .failing_pods import recordings, replay

RECORDINGS = recordings()


def sentences(cause: str) -> list[str]:
    """What the page shows during a recorded start, without repetitions."""
    shown: list[str] = []
    for moment in replay(RECORDINGS[cause]):
        event = progress_event(moment.pod, [], moment.events, diagnose(moment.pod, [], moment.events))
        if shown[-1:] != [event["message"]]:
            shown.append(event["message"])
    return shown


def test_a_start_is_shown_in_sentences_without_raw_lines_or_repetitions():
    assert sentences("readiness-fails") == [
        "Looking for a node for your server.",
        "Preparing the image of your server.",
        "Creating the container.",
        "Your server runs, but its readiness probe still fails.",
    ]


def test_a_pull_is_announced_while_it_runs():
    assert sentences("registry-slow") == [
        "Looking for a node for your server.",
        "Preparing the image of your server.",
        "Pulling the image. The first time on a node this can take minutes.",
    ]


def test_no_recorded_start_shows_a_digest_or_an_event_of_the_cluster():
    shown = {sentence for cause in RECORDINGS for sentence in sentences(cause)}
    assert [s for s in shown if "sha256" in s or "rpc error" in s or "0/1 nodes" in s] == []


def test_an_event_has_all_steps_and_the_sentence_of_the_current_one():
    *_, last = replay(RECORDINGS["registry-slow"])
    sentence = "Pulling the image. The first time on a node this can take minutes."
    assert progress_event(last.pod, [], last.events, None) == {
        "progress": 40,
        "message": sentence,
        "html_message": sentence,
        "steps": [
            {"name": "queued", "title": "Queued", "state": "done", "text": ""},
            {"name": "node", "title": "Place in the cluster", "state": "done", "text": ""},
            {"name": "image", "title": "Image", "state": "current", "text": sentence},
            {"name": "starting", "title": "Start", "state": "waiting", "text": ""},
            {"name": "ready", "title": "Ready", "state": "waiting", "text": ""},
        ],
    }


def test_a_server_with_a_volume_has_a_step_for_it():
    *_, last = replay(RECORDINGS["pvc-unbound"])
    claim = {"metadata": {"name": "home"}, "status": {"phase": "Pending"}}
    event = progress_event(last.pod, [claim], last.events, diagnose(last.pod, [claim], last.events))
    assert (event["progress"], event["message"]) == (
        15,
        "Your volume is being created. This can take a minute.",
    )
    assert [(step["name"], step["state"]) for step in event["steps"]] == [
        ("queued", "done"),
        ("volume", "current"),
        ("node", "waiting"),
        ("image", "waiting"),
        ("starting", "waiting"),
        ("ready", "waiting"),
    ]


WAITING = {
    "registry-refused": 'The registry does not give the image "127.0.0.1:5999/notebook:1.0" yet (connection '
    "refused). The cluster tries again.",
    "secret-missing": 'Your server waits: the secret "nosuch" does not exist.',
    "secret-key-missing": 'Your server waits: the secret "there" has no key "nosuch".',
    "configmap-volume-missing": 'Your server waits: the config map "nosuch" does not exist.',
    "pvc-missing": 'Your server waits for the volume claim "nosuch".',
    "insufficient-memory": "Waiting for a node: 1 node has too little memory.",
    "insufficient-cpu": "Waiting for a node: 1 node has too little CPU.",
    "node-selector": "Waiting for a node: 1 node does not have the labels that the server requires "
    "(gpu=yes).",
    "crash-message": "Your server's program ended with exit code 3 before your server was ready. The cluster "
    "starts it once more.",
    "readiness-fails": "Your server runs, but its readiness probe still fails.",
    "scheduling-gate": "Your server waits for its scheduling gate (example.org/wait).",
    "unknown-scheduler": 'Waiting for the scheduler "nosuch".',
}


@pytest.mark.parametrize("cause", WAITING)
def test_a_cause_that_may_pass_is_shown_as_soon_as_the_cluster_knows_it(cause):
    """The failure comes later, when it is certain: a node may come, and a secret be created."""
    found = [
        (problem, progress_event(moment.pod, [], moment.events, problem)["message"])
        for moment in replay(RECORDINGS[cause])
        if (problem := diagnose(moment.pod, [], moment.events))
    ]
    problem, message = next(each for each in found if each[0].cause == found[-1][0].cause)
    assert problem.patience > 0
    assert message == WAITING[cause]


def test_a_pulled_image_is_shown_with_its_size_and_time():
    *_, last = replay(RECORDINGS["readiness-fails"])
    pulled = {
        "involvedObject": {"kind": "Pod"},
        "reason": "Pulled",
        "message": 'Successfully pulled image "registry/rec/minimal-notebook@sha256:ab" in 1m12.345s '
        "(1m12.345s including waiting). Image size: 734003200 bytes.",
    }
    event = progress_event(last.pod, [], [pulled], None)
    assert event["steps"][2] == {
        "name": "image",
        "title": "Image",
        "state": "done",
        "text": "700 MiB pulled in 1m12s",
    }


def test_without_a_pod_the_server_is_queued():
    event = progress_event(None, [], [], None)
    assert (event["progress"], event["message"]) == (5, "Your server is queued.")


def test_sentences_are_escaped():
    *_, last = replay(RECORDINGS["scheduling-gate"])
    last.pod["spec"]["schedulingGates"] = [{"name": "<b>"}]
    event = progress_event(last.pod, [], [], diagnose(last.pod, [], []))
    assert event["html_message"] == "Your server waits for its scheduling gate (&lt;b&gt;)."
