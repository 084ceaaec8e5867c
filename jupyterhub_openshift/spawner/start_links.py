"""Start parameters: a link such as `/hub/spawn?image=scipy-notebook:3.12&size=Large` preselects the menu.

| link | what happens |
|---|---|
| `/hub/spawn?image=IMAGE&size=SIZE` | the menu shows with this choice, and the user presses Start |
| `/hub/user-redirect/PATH?image=IMAGE` | the same, and then PATH opens, without these parameters |
| an image or size that the menu lacks | a sentence above the menu, which shows the user's last choice |
| either, while the server runs | the server opens as it is |

JupyterHub would start a server at once for any parameter, so they are taken out of the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from html import escape, unescape
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from jupyterhub.utils import url_path_join
from tornado.httputil import HTTPServerRequest, url_concat

IMAGE, SIZE = "image", "size"


class StartLink(NamedTuple):
    """The parameters of a link; empty where it has none."""

    image: str = ""
    size: str = ""


def take_parameters(arguments: MutableMapping[str, list[bytes]]) -> StartLink:
    """Remove our parameters from those of a request, and return them."""
    values = (arguments.pop(name, [b""])[-1] for name in (IMAGE, SIZE))
    return StartLink(*(value.decode(errors="replace").strip() for value in values))


def preselected(
    link: StartLink, profiles: Iterable[Mapping[str, Any]], options: Mapping[str, Any], configured_image: str
) -> tuple[dict[str, Any], list[str]]:
    """Return the options of the menu that the link asks for, and a sentence for each that the menu lacks.

    `profiles` are those of the menu, and `options` the user's last choice.
    """
    offered = list(profiles)
    problems: list[str] = []
    if link == StartLink():
        return dict(options), problems
    default = next((each for each in offered if each.get("default")), None)
    remembered = next((each for each in offered if each["slug"] == options.get("profile")), default)
    profile = remembered
    if link.image:
        found = next((each for each in offered if _names(each, link.image)), None)
        if found is None and (offered or link.image != configured_image):
            problems.append(f'This hub does not offer the image "{link.image}", which the link asks for.')
        profile = found or remembered
    same = profile is not None and profile["slug"] == options.get("profile")
    chosen = dict(options) if same else {"profile": profile["slug"]} if profile else {}
    if link.size:
        size = _size_choice(profile, link.size)
        if size is None:
            problems.append(f'This hub does not offer the size "{link.size}", which the link asks for.')
        else:
            chosen[SIZE] = size
            chosen.pop(f"{SIZE}--unlisted-choice", None)
    return chosen, problems


def _names(profile: Mapping[str, Any], image: str) -> bool:
    """Return whether a link's image is this profile: by image stream tag, image stream or title."""
    slug = str(profile["slug"])
    return image in (slug, slug.partition(":")[0]) or image == unescape(profile["display_name"])


def _size_choice(profile: Mapping[str, Any] | None, size: str) -> str | None:
    """The form's value of a size; None if this profile does not offer it."""
    option = (profile or {}).get("profile_options", {}).get(SIZE, {})
    for value, choice in option.get("choices", {}).items():
        name = choice.get("kubespawner_override", {}).get(SIZE, "")
        if size.casefold() in (value.casefold(), str(name).casefold()):
            return str(value)
    return None


def sentences(problems: Iterable[str]) -> str:
    """The problems as HTML for the top of the menu."""
    text = " ".join(problems)
    return f'<div class="alert alert-warning" role="alert">{escape(text)}</div>' if text else ""


class KeepParameters:
    """A `user_redirect_hook` that moves our parameters from the server's address to the menu's."""

    def __init__(self, default_server_name: str) -> None:
        self._server = default_server_name

    def __call__(
        self,
        path: str,
        request: HTTPServerRequest,
        user: Any,  # noqa: ANN401 (JupyterHub's User)
        base_url: str,
    ) -> str | None:
        """Return the address of the menu; None to leave a link without our parameters to JupyterHub."""
        arguments = parse_qsl(request.query, keep_blank_values=True)
        ours = {name: value for name, value in arguments if name in (IMAGE, SIZE)}
        if not ours:
            return None
        others = [(name, value) for name, value in arguments if name not in ours]
        server = [self._server] if self._server else []
        next_url = url_concat(url_path_join(user.url, *server, path), others)
        spawn = url_path_join(base_url, "hub/spawn", user.escaped_name, *server)
        return str(url_concat(spawn, {**ours, "next": next_url}))
