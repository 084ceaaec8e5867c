"""Expand `{username}` and KubeSpawner's other placeholders in values that may contain braces of their own.

KubeSpawner passes every text to `str.format`, which fails for JSON, shell variables and the like:

| text | becomes |
|---|---|
| `{username}-data`, `{{literal}}` | as KubeSpawner expands it: `alice-data`, `{literal}` |
| `{"user": "{username}"}`, `{}`, `${HOME}` | only the known placeholders are replaced: `{"user": "alice"}` |
| `data/{usernam}` | an UnknownPlaceholder error: the text would otherwise be the same for all users |
"""

import difflib
import re
from collections.abc import Callable

from ..errors import ConfigurationFault

PLACEHOLDERS = (
    "escaped_servername",
    "escaped_user_server",
    "escaped_username",
    "hubnamespace",
    "namespace",
    "pod_name",
    "pvc_name",
    "safe_servername",
    "safe_user_server",
    "safe_username",
    "servername",
    "unescaped_servername",
    "unescaped_username",
    "user_server",
    "userid",
    "username",
)
_KNOWN = re.compile(rf"(?<!\$)\{{({'|'.join(PLACEHOLDERS)})\}}")
_OTHER = re.compile(r"(?<!\$)\{([A-Za-z_]\w*)\}")


class UnknownPlaceholder(ConfigurationFault):
    """A text has a placeholder that KubeSpawner does not expand."""

    def __init__(self, name: str) -> None:
        near = difflib.get_close_matches(name, PLACEHOLDERS, n=1)
        hint = f"Did you mean {{{near[0]}}}?" if near else f"For braces in the text, write {{{{{name}}}}}."
        super().__init__(f"has the placeholder {{{name}}}, which does not exist. {hint}")


def expand(text: str, expand_upstream: Callable[[str], str]) -> str:
    """Expand a text, or raise an UnknownPlaceholder error."""
    try:
        return expand_upstream(text)
    except (KeyError, ValueError, IndexError, AttributeError):
        others = [name for name in _OTHER.findall(text) if name not in PLACEHOLDERS]
        if others:
            raise UnknownPlaceholder(others[0]) from None
        return _KNOWN.sub(lambda placeholder: expand_upstream(placeholder[0]), text)
