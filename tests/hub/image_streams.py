"""Image streams as a cluster shows them."""

from copy import deepcopy


def stream(recorded, name: str, *tags: str, **annotations: str) -> dict:
    """An image stream with these tags, as a cluster shows it."""
    copy = deepcopy(recorded["image stream"]["response"])
    copy["metadata"] |= {"name": name, "annotations": annotations or None}
    copy["spec"]["tags"] = [{**copy["spec"]["tags"][0], "name": tag} for tag in tags]
    copy["status"]["tags"] = [{**copy["status"]["tags"][0], "tag": tag} for tag in tags]
    return copy
