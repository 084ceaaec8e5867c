"""The recorded events of a start as the progress page shows them."""

from jupyterhub_openshift.spawner.progress import as_sentence

from ..pages import events


def step(event: dict) -> dict:
    """KubeSpawner's progress step for an event."""
    return {"progress": 30, "raw_event": event, "message": f"[{event['type']}] {event['message']}"}


def test_each_event_of_a_start_is_a_sentence():
    assert [as_sentence(step(event))["message"] for event in events()] == [
        "The cluster has found a node for your server.",
        "Pulling the image. The first time this can take minutes.",
        "The image is on the node.",
        "The container is created.",
        "Your server is running and opens in a moment.",
    ]


def test_a_step_has_the_time_for_the_page_and_the_event_for_api_clients():
    event = events()[0]
    assert as_sentence(step(event)) == {
        "progress": 30,
        "raw_event": event,
        "message": "The cluster has found a node for your server.",
        "html_message": '<time datetime="2026-11-22T18:44:01.913688Z"></time> '
        "The cluster has found a node for your server.",
    }


def test_a_warning_shows_the_clusters_message_escaped():
    warning = {
        **events()[1],
        "type": "Warning",
        "reason": "FailedScheduling",
        "message": "0/3 nodes are available: 3 <b>Insufficient memory</b>.",
    }
    shown = as_sentence(step(warning))
    assert shown["message"] == warning["message"]
    assert shown["html_message"] == (
        '<span class="warning"><time datetime="2026-11-22T18:44:02Z"></time> '
        "0/3 nodes are available: 3 &lt;b&gt;Insufficient memory&lt;/b&gt;.</span>"
    )


def test_a_step_without_an_event_stays_unchanged():
    assert as_sentence({"progress": 0, "message": "Server requested"}) == {
        "progress": 0,
        "message": "Server requested",
    }
