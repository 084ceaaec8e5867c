"""The events of a start, recorded from a real cluster, as the person who waits reads them."""

from jupyterhub_openshift.spawner.progress import readable

from ..pages import events


def step(event: dict) -> dict:
    """What KubeSpawner makes of an event."""
    return {"progress": 30, "raw_event": event, "message": f"[{event['type']}] {event['message']}"}


def test_each_event_of_a_start_is_a_sentence():
    assert [readable(step(event))["message"] for event in events()] == [
        "The cluster has found a place for it.",
        "Its image is being fetched. The first time this can take minutes.",
        "Its image is there.",
        "Its container is made.",
        "It is running, and opens in a moment.",
    ]


def test_the_time_goes_along_for_the_page_and_the_event_for_programs():
    event = events()[0]
    assert readable(step(event)) == {
        "progress": 30,
        "raw_event": event,
        "message": "The cluster has found a place for it.",
        "html_message": '<time datetime="2026-11-22T18:44:01.913688Z"></time> '
        "The cluster has found a place for it.",
    }


def test_a_warning_is_in_the_clusters_words_which_bring_no_html():
    warning = {
        **events()[1],
        "type": "Warning",
        "reason": "FailedScheduling",
        "message": "0/3 nodes are available: 3 <b>Insufficient memory</b>.",
    }
    told = readable(step(warning))
    assert told["message"] == warning["message"]
    assert told["html_message"] == (
        '<span class="warning"><time datetime="2026-11-22T18:44:02Z"></time> '
        "0/3 nodes are available: 3 &lt;b&gt;Insufficient memory&lt;/b&gt;.</span>"
    )


def test_what_is_no_event_stays():
    assert readable({"progress": 0, "message": "Server requested"}) == {
        "progress": 0,
        "message": "Server requested",
    }
