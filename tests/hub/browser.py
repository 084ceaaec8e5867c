"""A browser without scripts: pages as a person reads them."""

import html
import http.cookiejar
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from email.message import Message


class Browser:
    """Keeps cookies and follows redirects."""

    def __init__(self) -> None:
        jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def get(self, url: str) -> str:
        """A page as it is read."""
        return read(self.html(url))

    def html(self, url: str, form: dict[str, str] | None = None) -> str:
        """A page as it is written; with a form, the answer to it."""
        return self.answer(url, form)[2]

    def answer(
        self, url: str, form: dict[str, str] | None = None, accept: str = "*/*"
    ) -> tuple[int, Message, str]:
        """Status, headers and body of an answer; 0 where none came."""
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            request = urllib.request.Request(url, data, {"Accept": accept})
            with self._opener.open(request) as response:
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()
        except OSError:
            return 0, Message(), ""

    def log_in(self, url: str, name: str) -> str:
        """With the form of a hub that asks for a name and any password; ends at its home page."""
        url += "/hub/login?next=%2Fhub%2Fhome"
        token = re.search(r'name="_xsrf" value="([^"]+)"', self.html(url))[1]
        return self.html(url, {"_xsrf": token, "username": name, "password": "x"})

    def get_until(self, url: str, text: str, seconds: int = 60) -> str:
        for _ in range(seconds * 4):
            if text in (page := self.get(url)):
                return page
            time.sleep(0.25)
        raise AssertionError(f"{text!r} never came, but:\n{page}")


def read(page: str) -> str:
    """What a person reads on a page, without its markup."""
    return " ".join(html.unescape(re.sub("<[^>]+>", "", page)).split())
