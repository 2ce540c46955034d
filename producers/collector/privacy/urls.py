"""Addresses without what they may carry of people: unlisted parameters, fragments, `user:password@`.

A fragment that a router lives in (`#/path`, `#!/path`) stays, its own parameters are filtered like the query's.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_plus

from schemas.lookups import remembered

__all__ = ["CLICK_IDS", "URL_PARAMETERS", "Urls"]

# What tells one person's click from another's.
CLICK_IDS: Final = (
    "dclid", "fbclid", "gbraid", "gclid", "li_fat_id", "ls_click", "msclkid", "ttclid", "twclid", "wbraid",
)  # fmt: skip
URL_PARAMETERS: Final = ("utm_*", *CLICK_IDS)
REMEMBERED: Final = 4_096
LONGEST_REMEMBERED: Final = 512  # bytes: what is remembered must stay small, whoever sends it
FEW: Final = 7
_USER_AT_HOST: Final = re.compile(r"^([^/?]*//)[^/?]*@")
_SCHEME: Final = re.compile(r"\s*[a-zA-Z][a-zA-Z0-9+.-]{0,30}://")
_BEHIND_SCHEME: Final = re.compile(r"://[^\s\"'<>]+")
_ROUTE: Final = re.compile(r"!?/")
# A name that ends so holds an address, be it a part of one.
_NAMES: Final = ("url", "uri", "href", "link", "referrer", "referer", "path", "search", "hash", "fragment", "location")
# Escapes of printable ASCII hide the marks that are looked for.
_ESCAPED: Final = re.compile(rb"\\u00[2-7]")
_USER: Final = re.compile(rb'[/\\]/(?:[^/"\\]|\\.)*@')  # an escaped quote ends no text


class Urls:
    """Which parameters may stay: names, or `begin*`; no matter which case."""

    def __init__(self, parameters: Iterable[str]) -> None:
        listed = [one.casefold() for one in parameters]
        self._names = frozenset(one for one in listed if not one.endswith("*"))
        self._begins = tuple(one[:-1] for one in listed if one.endswith("*"))
        self._known = remembered("parameter_names", most=REMEMBERED)(self._is_fine)

    def might_change(self, raw: bytes) -> bool:
        """Whether JSON text may hold an address that `cleaned` would change: quick, false for most, never wrongly.

        On the way of every event, so it is made of searches for one byte, and a query is looked at once.
        """
        if b"#" in raw or (b"@" in raw and _USER.search(raw)) or (b"\\" in raw and _ESCAPED.search(raw)):
            return True
        find, begins = raw.find, raw.startswith
        fine: tuple[bytes, ...] = ()
        at = find(b"?") + 1
        while at:
            if not begins(fine, at):
                query = raw[at : find(b'"', at)]
                if not (self._known if len(query) <= LONGEST_REMEMBERED else self._is_fine)(query):
                    return True
                fine = (*fine[-FEW:], query + b'"')
            at = find(b"?", at) + 1
        return False

    def text(self, text: str, *, name: str) -> str:
        """A text that an event holds under this name (in small letters), its addresses cleaned."""
        if text[:1] in ("/", "?") or name.endswith(_NAMES) or _SCHEME.match(text):
            return self.cleaned(text)
        return _BEHIND_SCHEME.sub(lambda found: self.cleaned(found[0]), text) if "://" in text else text

    def cleaned(self, url: str) -> str:
        """An address with the listed parameters only.

        >>> Urls(URL_PARAMETERS).cleaned("https://ann:pw@acme.example/p?utm_source=x&token=y#access_token=z")
        'https://acme.example/p?utm_source=x'
        """
        rest, _, fragment = url.partition("#")
        rest = self._filtered(_USER_AT_HOST.sub(r"\1", rest))
        return f"{rest}#{self._filtered(fragment)}" if _ROUTE.match(fragment) else rest

    def _filtered(self, address: str) -> str:
        place, mark, query = address.partition("?")
        if not mark:
            return address
        kept = "&".join(one for one in query.replace(";", "&").split("&") if self._is_listed(one))
        return f"{place}?{kept}" if kept else place

    def _is_listed(self, parameter: str) -> bool:
        name = unquote_plus(parameter.partition("=")[0]).casefold()
        return name in self._names or (bool(self._begins) and name.startswith(self._begins))

    def _is_fine(self, query: bytes) -> bool:
        """Whether everything between a question mark and the end of its text would stay as it is."""
        if b"\\" in query or b";" in query or b"?" in query:
            return False
        return all(map(self._is_listed, query.decode("utf-8", "replace").split("&"))) if query else True
