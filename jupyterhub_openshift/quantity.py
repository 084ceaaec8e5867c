"""Kubernetes quantities: `512Mi`, `2G`, `500m`.

| text | value |
|---|---|
| `512Mi`, `1Gi`, `0.5Ti` | powers of 1024: Ki Mi Gi Ti Pi Ei |
| `500m`, `2k`, `1G` | powers of 1000: m k M G T P E (`K` is not one: Kubernetes refuses it) |
| `1e3`, `1500`, `+2`, `.5` | plain and scientific numbers |
| `512MB`, `1 Gi`, `lots`, `-1` | refused |

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import re
from decimal import Decimal

_SUFFIXES = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", 1)},
    **{
        suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)
    },
}
_QUANTITY = re.compile(
    r"(?P<number>\+?(?:[0-9]{1,18}\.?[0-9]{0,9}|\.[0-9]{1,9}))"
    r"(?:[eE](?P<exponent>[+-]?[0-9]{1,2})|(?P<suffix>m|k|Ki|[MGTPE]i?)?)"
)
_MEMORY = re.compile(r"\b[0-9]{1,15}(\.[0-9]{1,9})?[KMGT]i\b")


def parse_quantity(text: str) -> Decimal:
    """Return the value of a quantity, or raise a ValueError that names the accepted forms."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(
            "is not a Kubernetes quantity (a number, then nothing, m, k, M, G, T, Ki, Mi, Gi or Ti)"
        )
    if exponent := match["exponent"]:
        return Decimal(match["number"]) * Decimal(10) ** int(exponent)
    return Decimal(match["number"]) * _SUFFIXES[match["suffix"] or ""]


def format_bytes(count: int) -> str:
    """Format a number of bytes with a binary unit and at most two decimals: `1.5 GiB`."""
    suffix = next((s for s in ("Ti", "Gi", "Mi", "Ki") if count >= _SUFFIXES[s]), "")
    number = f"{count / _SUFFIXES[suffix]:.2f}".rstrip("0").rstrip(".")
    return f"{number} {suffix}B" if suffix else f"{number} bytes"


def readable_quantities(text: str) -> str:
    """Rewrite the memory quantities in a message of the cluster: `1280Mi` becomes `1.25 GiB`."""
    return _MEMORY.sub(lambda match: format_bytes(int(parse_quantity(match[0]))), text)
