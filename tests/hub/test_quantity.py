from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyterhub_openshift.quantity import format_bytes, parse_quantity, readable_quantities


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("512Mi", 512 * 1024**2),
        ("1Gi", 1024**3),
        ("0.5Gi", 512 * 1024**2),
        ("2G", 2 * 10**9),
        ("1k", 1000),
        ("1Ki", 1024),
        ("2", 2),
        (".5", Decimal("0.5")),
        ("+1", 1),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1E", 10**18),
        ("500m", Decimal("0.5")),
    ],
)
def test_a_quantity_is_read_as_kubernetes_reads_it(text, value):
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mi",
        "512MB",
        "512 Mi",
        "-1",
        "1,5Gi",
        "1K",
        "1mi",
        "1.2.3",
        "1e",
        "e3",
        "1Mi\n",
        "٣",
        "0x10",
        "1u",
    ],
)
def test_an_invalid_quantity_is_refused_with_the_accepted_forms(text):
    with pytest.raises(ValueError) as refusal:
        parse_quantity(text)
    assert str(refusal.value) == (
        "is not a Kubernetes quantity (a number, then nothing, m, k, M, G, T, Ki, Mi, Gi or Ti)"
    )


@given(st.integers(0, 10**15), st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "Gi"]))
def test_any_number_with_a_suffix_is_accepted_and_the_value_grows_with_the_number(number, unit):
    assert parse_quantity(f"{number}{unit}") < parse_quantity(f"{number + 1}{unit}")


@given(st.text())
def test_any_text_parses_to_a_number_of_at_least_zero_or_raises_a_value_error(text):
    with suppress(ValueError):
        assert parse_quantity(text) >= 0


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1000, "1000 bytes"),
        (1024, "1 KiB"),
        (1536 * 1024**2, "1.5 GiB"),
        (5 * 1024**4, "5 TiB"),
    ],
)
def test_bytes_are_formatted_with_a_binary_unit(count, text):
    assert format_bytes(count) == text


def test_memory_in_a_message_is_rewritten_and_other_numbers_are_kept():
    message = "maximum memory usage per Container is 256Mi, but limit is 1280Mi; cpu 500m on node-7Giga"
    assert readable_quantities(message) == (
        "maximum memory usage per Container is 256 MiB, but limit is 1.25 GiB; cpu 500m on node-7Giga"
    )
