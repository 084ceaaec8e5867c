"""Validators of the settings: each returns the value, or raises a ValueError that completes a sentence."""

import os
import re
from importlib.metadata import entry_points

from pydantic import SecretStr
from traitlets import import_item

from ..quantity import parse_quantity

_NAME = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
REFERENCE = re.compile(  # https://github.com/distribution/reference/blob/v0.6.0/reference.go
    rf"(?:[A-Za-z0-9][-.A-Za-z0-9]*(?::[0-9]+)?/)?{_NAME}(?:/{_NAME})*"
    r"(?::[A-Za-z0-9_][-.A-Za-z0-9_]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)


def application_name(value: str) -> str:
    """A DNS label short enough for pod names: with `-nb-` and a temporary user's UUID, 63 characters."""
    if not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", value):
        raise ValueError(
            "is not a DNS label: lower case letters, digits and '-', a letter first, not '-' last"
        )
    if len(value) > 23:
        raise ValueError(f"has {len(value)} characters; the limit is 23, so that pod names stay within 63")
    return value


def base_url(value: str) -> str:
    """A path with '/' first and last, as the templates' paths need it."""
    if not re.fullmatch(r"/([-.~\w]+/)*", value, re.ASCII):
        raise ValueError("should begin and end with '/', with letters, digits, '-', '_', '.' and '~' between")
    return value


def memory(value: str) -> str:
    """A quantity of memory or disk."""
    if parse_quantity(value) < 1024**2:
        raise ValueError("is less than a mebibyte; is the unit missing?")
    return value


def number_as_text(value: object) -> object:
    """Accept a quantity that is written as a number."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def cpu(value: str) -> str:
    """A quantity of CPU."""
    if parse_quantity(value) < parse_quantity("1m"):
        raise ValueError("is less than 1m, the smallest CPU quantity")
    return value


def image(value: str) -> str:
    """A reference to an image, or to a tag of an image stream."""
    if not REFERENCE.fullmatch(value):
        raise ValueError("is not an image reference: write NAME:TAG of an image stream, or REGISTRY/NAME:TAG")
    return value


def kubernetes_name(value: str) -> str:
    """The name of a Kubernetes object."""
    if len(value) > 253 or not re.fullmatch(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?", value):
        raise ValueError("is not a Kubernetes name: lower case letters, digits, '-' and '.'")
    return value


def host(value: str) -> str:
    """A host name or an address."""
    if not re.fullmatch(r"[A-Za-z0-9:]([-.:A-Za-z0-9]*[A-Za-z0-9])?", value):
        raise ValueError("is not a host name or address")
    return value


def file(value: str) -> str:
    """A file that exists."""
    if not os.path.isfile(value):  # noqa: PTH113 (a Path raises an OSError if its name is too long)
        raise ValueError("is not a file in this container")
    return value


def cookie_secret(value: SecretStr) -> SecretStr:
    """A secret of sufficient length."""
    if len(value.get_secret_value()) < 32:
        raise ValueError("is too short for a secret: use at least 32 characters")
    return value


def token(value: SecretStr) -> SecretStr:
    """A token that an HTTP header can carry and nobody can guess."""
    if not re.fullmatch(r"[-._~+/=0-9A-Za-z]{32,}", value.get_secret_value()):
        raise ValueError("is not a token: use at least 32 of the letters, digits and -._~+/=")
    return value


def crypt_key(value: SecretStr) -> SecretStr:
    """One or more keys in the forms that JupyterHub accepts, separated with `;`."""
    for key in value.get_secret_value().split(";"):
        if not re.fullmatch(r"[0-9a-fA-F]{64}|[-_0-9a-zA-Z]{43}=", key):
            raise ValueError("is not a 32-byte key as 64 hexadecimal digits (separate several keys with ';')")
    return value


def authenticator(value: str) -> str:
    """A registered name, or the import path of a class."""
    known = sorted({entry.name for entry in entry_points(group="jupyterhub.authenticators")})
    if "." in value:
        try:
            import_item(value)
        except Exception as error:
            raise ValueError(f"cannot be imported ({error})") from None
    elif value.lower() not in known:
        raise ValueError(f"is not an authenticator of this image, which has: {', '.join(known)}")
    return value


def names(value: object) -> object:
    """A list of names, separated with commas or white space."""
    return frozenset(re.split(r"[\s,]+", value.strip(", \t\n"))) - {""} if isinstance(value, str) else value
