"""Names of a user's pods and claims, such as `jupyterhub-nb-alice` and `jupyterhub-nb-alice--second`.

For every user name, server name and prefix of up to 27 characters (APPLICATION_NAME of 23 characters plus
`-nb-`):

- the name is a DNS label of at most 63 characters,
- it starts with the prefix,
- a user name that is a DNS label is kept, also if it starts with a digit, like the UUID of a guest,
- names are unique: a changed name ends with `---` and a hash.

KubeSpawner's own scheme allows 48 characters after the prefix, which is too long for a label, and adds a hash
to every name that starts with a digit.
"""

import re

from kubespawner.slugs import multi_slug, strip_and_hash

LABEL_LENGTH = 63
_PLAIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # without `--`, which separates user and server


def object_name(prefix: str, user: str, server: str = "") -> str:
    """Return the name of the objects of a user's server."""
    room = LABEL_LENGTH - len(prefix)
    parts = [user, server] if server else [user]
    plain = "--".join(parts)
    if all(_PLAIN.fullmatch(part) for part in parts) and len(plain) <= room:
        return prefix + plain
    slug: str = multi_slug(parts, max_length=room) if server else strip_and_hash(user, max_length=room)
    return prefix + slug
