"""Environments of any content, and the form of the refusal that a bad one gets."""

import re

from hypothesis import strategies as st

from jupyterhub_openshift.settings.environment import VARIABLES
from jupyterhub_openshift.settings.old_variables import OLD_VARIABLES

# All that an environment can hold: bytes that are no text, too.
texts = st.binary(max_size=40).map(lambda raw: raw.replace(b"\0", b"").decode(errors="surrogateescape"))
plausible = st.sampled_from(
    [
        "tmp",
        "github",
        "openshift",
        "everyone",
        "listed",
        "project",
        "1Gi",
        "2Gi",
        "500m",
        "0",
        "-3",
        "lab",
        "a:b",
    ]
)
environments = st.builds(
    dict.__or__,
    st.dictionaries(st.from_regex(r"JUPYTERHUB_[A-Z_]{1,20}", fullmatch=True), texts, max_size=2),
    st.dictionaries(st.sampled_from(sorted([*VARIABLES, *OLD_VARIABLES])), texts | st.text() | plausible),
).filter(lambda variables: not any("\0" in value for value in variables.values()))


def is_a_list_of_problems(text: str) -> bool:
    first, *lines = text.split("\n")
    count = re.fullmatch(r"([1-9]\d*) settings? of this hub cannot be used:", first)
    entries = all(re.fullmatch(r"  [A-Z_]+(=.*)?: .+ An example that works: .+", line) for line in lines)
    return bool(count) and int(count[1]) == len(lines) and entries
