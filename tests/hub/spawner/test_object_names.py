import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jupyterhub_openshift.spawner.object_names import object_name

prefixes = st.from_regex(r"[a-z]([-a-z0-9]{0,21}[a-z0-9])?", fullmatch=True).map(lambda name: f"{name}-nb-")
names = st.text(min_size=1) | st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)
servers = st.just("") | names


@pytest.mark.parametrize(
    ("user", "server", "name"),
    [
        ("alice", "", "jupyterhub-nb-alice"),
        ("alice", "second", "jupyterhub-nb-alice--second"),
        ("5b7eac5d-da83-42d4-dac1-d7f2ee00e30a", "", "jupyterhub-nb-5b7eac5d-da83-42d4-dac1-d7f2ee00e30a"),
        ("alice@example.org", "", "jupyterhub-nb-alice-example-org---7a64adf2"),
        ("a--b", "", "jupyterhub-nb-a-b---90827a2e"),
        ("Alice", "", "jupyterhub-nb-alice---3bc51062"),
    ],
)
def test_valid_labels_are_kept_and_other_names_get_a_hash(user, server, name):
    assert object_name("jupyterhub-nb-", user, server) == name


def test_a_uuid_fits_behind_the_longest_application_name():
    uuid = "5b7eac5d-da83-42d4-dac1-d7f2ee00e30a"
    assert object_name("a" * 23 + "-nb-", uuid) == "a" * 23 + "-nb-" + uuid


@given(prefixes, names, servers)
def test_every_name_is_a_dns_label_that_starts_with_the_prefix(prefix, user, server):
    name = object_name(prefix, user, server)
    assert len(name) <= 63
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name)
    assert name.startswith(prefix)


@given(prefixes, st.tuples(names, servers), st.tuples(names, servers))
def test_no_two_servers_share_a_name(prefix, one, other):
    assume(one != other)
    assert object_name(prefix, *one) != object_name(prefix, *other)
