"""Kubernetes quantities (`512Mi`, `0.5`, `100m`): parsed exactly, formatted as the API formats them.

Rules: `k8s.io/apimachinery/pkg/api/resource/quantity.go`. A quantity keeps its family of suffixes, and is
formatted with the largest suffix that leaves a whole number.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import NamedTuple

FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(|[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)")
REFUSAL = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
DECIMAL = {"n": -3, "u": -2, "m": -1, "": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


class Quantity(NamedTuple):
    """A value and whether it was written with a binary suffix."""

    value: Fraction
    binary: bool = False

    @classmethod
    def parse(cls, text: str | float) -> Quantity:
        """Parse `512Mi`; ValueError with the API's message when it is malformed."""
        match = FORM.fullmatch(str(text).strip())
        if not match:
            raise ValueError(REFUSAL)
        number, suffix = match.groups()
        value = Fraction(number)
        if suffix in DECIMAL:
            value *= Fraction(1000) ** DECIMAL[suffix]
        elif suffix in BINARY:
            value *= 1024 ** BINARY[suffix]
        else:
            value *= Fraction(10) ** int(suffix[1:])
        nanos = value * 10**9
        return cls(Fraction(math.ceil(nanos) if nanos > 0 else math.floor(nanos), 10**9), suffix in BINARY)

    def __str__(self) -> str:
        if self.binary and abs(self.value) >= 1024:
            return self._with(1024, {suffix: power for suffix, power in BINARY.items()} | {"": 0})
        return self._with(1000, DECIMAL)

    def _with(self, base: int, suffixes: dict[str, int]) -> str:
        for suffix, power in sorted(suffixes.items(), key=lambda item: -item[1]):
            scaled = self.value / Fraction(base) ** power
            if scaled.denominator == 1 and (scaled != 0 or power == 0):
                return f"{scaled.numerator}{suffix}"
        return f"{math.ceil(self.value)}"

    def plus(self, other: Quantity) -> Quantity:
        """Add two quantities; a zero takes the other's suffixes."""
        return Quantity(self.value + other.value, self.binary if self.value else other.binary)


def canonical(text: str | float) -> str:
    """Return the canonical form of a quantity."""
    return str(Quantity.parse(text))


def total(quantities: list[str]) -> str:
    """Return the sum of some quantities in canonical form."""
    result = Quantity(Fraction(0))
    for text in quantities:
        result = result.plus(Quantity.parse(text))
    return str(result)
