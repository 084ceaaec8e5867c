"""Names of a user's objects: the pod `jupyterhub-nb-alice`, the claim `jupyterhub-nb-alice--second`.

For every user and server name, however odd, and every prefix of up to 27 characters (a 23 character
APPLICATION_NAME and `-nb-`):

- the name is a DNS label of at most 63 characters,
- it starts with the prefix, so that `oc get pods` reads well,
- a plain name stays as it is; the UUID of a temporary user does too, although it may start with a digit,
- another user or server never gets the same (what had to be changed carries a hash behind `---`).

KubeSpawner's own scheme allows 48 characters after the prefix, too many for a label, and hashes each name
that starts with a digit, because without a prefix it would not be valid.
"""

import re

from kubespawner.slugs import multi_slug, strip_and_hash

LABEL_LENGTH = 63
_PLAIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # no `--`: that joins user and server


def object_name(prefix: str, user: str, server: str = "") -> str:
    """The name of the objects of a user's server, as the rules above say."""
    room = LABEL_LENGTH - len(prefix)
    parts = [user, server] if server else [user]
    plain = "--".join(parts)
    if all(_PLAIN.fullmatch(part) for part in parts) and len(plain) <= room:
        return prefix + plain
    slug: str = multi_slug(parts, max_length=room) if server else strip_and_hash(user, max_length=room)
    return prefix + slug
