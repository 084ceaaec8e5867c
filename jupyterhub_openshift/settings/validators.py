"""What the value of a setting may be; a ValueError says what is wrong with it."""

import os
import re
from importlib.metadata import entry_points

from pydantic import SecretStr
from traitlets import import_item

from ..quantity import parse_quantity

_NAME = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(  # https://github.com/distribution/reference/blob/v0.6.0/reference.go
    rf"(?:[A-Za-z0-9][-.A-Za-z0-9]*(?::[0-9]+)?/)?{_NAME}(?:/{_NAME})*"
    r"(?::[A-Za-z0-9_][-.A-Za-z0-9_]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)


def application_name(value: str) -> str:
    """A DNS label that leaves room: with `-nb-` and the UUID of a temporary user it makes 63 characters."""
    if not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", value):
        raise ValueError(
            "is not a DNS label: lower case letters, digits and '-', a letter first, no '-' last"
        )
    if len(value) > 23:
        raise ValueError(f"has {len(value)} characters; 23 is the most, so that pod names stay within 63")
    return value


def memory(value: str) -> str:
    """A quantity of memory or disk."""
    if parse_quantity(value) < 1024**2:
        raise ValueError("is less than a mebibyte; is the unit missing?")
    return value


def number_as_text(value: object) -> object:
    """A quantity that was written as a number."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def cpu(value: str) -> str:
    """A quantity of CPU."""
    if parse_quantity(value) < parse_quantity("1m"):
        raise ValueError("is less than the least there is, 1m")
    return value


def image(value: str) -> str:
    """A reference to an image, or to a tag of an image stream."""
    if not _REFERENCE.fullmatch(value):
        raise ValueError("is not an image: NAME:TAG of an image stream, or REGISTRY/NAME:TAG")
    return value


def kubernetes_name(value: str) -> str:
    """The name of an object of the cluster."""
    if len(value) > 253 or not re.fullmatch(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?", value):
        raise ValueError("is not a Kubernetes name: lower case letters, digits, '-' and '.'")
    return value


def host(value: str) -> str:
    """A host name or an address."""
    if not re.fullmatch(r"[A-Za-z0-9:]([-.:A-Za-z0-9]*[A-Za-z0-9])?", value):
        raise ValueError("is not a host name or address")
    return value


def file(value: str) -> str:
    """A file that is there."""
    if not os.path.isfile(value):  # noqa: PTH113 (a Path raises an OSError if its name is too long)
        raise ValueError("is no file of this container")
    return value


def cookie_secret(value: SecretStr) -> SecretStr:
    """Long enough to be one."""
    if len(value.get_secret_value()) < 32:
        raise ValueError("is too short to be a secret: 32 characters are the least")
    return value


def token(value: SecretStr) -> SecretStr:
    """What an HTTP header can carry, and long enough not to be guessed."""
    if not re.fullmatch(r"[-._~+/=0-9A-Za-z]{32,}", value.get_secret_value()):
        raise ValueError("is not a token: 32 or more letters, digits and -._~+/=")
    return value


def crypt_key(value: SecretStr) -> SecretStr:
    """One or more keys as JupyterHub takes them, joined with `;`."""
    for key in value.get_secret_value().split(";"):
        if not re.fullmatch(r"[0-9a-fA-F]{64}|[-_0-9a-zA-Z]{43}=", key):
            raise ValueError("is not 32 bytes as 64 hexadecimal digits (several keys: joined with ';')")
    return value


def authenticator(value: str) -> str:
    """A registered name, or a class."""
    known = sorted({entry.name for entry in entry_points(group="jupyterhub.authenticators")})
    if "." in value:
        try:
            import_item(value)
        except Exception as error:
            raise ValueError(f"cannot be imported ({error})") from None
    elif value.lower() not in known:
        raise ValueError(f"is no authenticator of this image; those there are: {', '.join(known)}")
    return value


def names(value: object) -> object:
    """A list of names, with commas or blanks between them."""
    return frozenset(re.split(r"[\s,]+", value.strip(", \t\n"))) - {""} if isinstance(value, str) else value
