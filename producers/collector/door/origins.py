"""A list of origins: `https://www.example.com`, or `https://*.example.com` for one label or more before the domain.

Without a scheme both http and https count; a port must be written where it is not the scheme's own. `null` is what
pages without an origin send (files, sandboxed frames): it may be listed, and never gets credentials.
"""

import re
from typing import Final

from producers.errors import BadSettings

__all__ = ["OriginList"]

_ENTRY: Final = re.compile(r"(https?://)?(\*\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:\d{1,5})?/?")
_LABELS: Final = r"(?:[a-z0-9-]+\.)+"


class OriginList:
    """`origin in listed`. Raises BadSettings for what is no origin; `of` says where it stands."""

    def __init__(self, origins: tuple[str, ...], *, of: str) -> None:
        self._patterns = tuple(_pattern(one, of=of) for one in origins)

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def __contains__(self, origin: bytes) -> bool:
        said = origin.decode("latin-1")
        return any(one.fullmatch(said) for one in self._patterns)


def _pattern(entry: str, *, of: str) -> re.Pattern[str]:
    said = entry.strip().lower()
    if said == "null":
        return re.compile("null")
    found = _ENTRY.fullmatch(said)
    if found is None:
        what = "any origin is allowed without a list" if said == "*" else "write https://www.example.com"
        raise BadSettings(f"{of}: {entry!r} is no origin; {what} or https://*.example.com")
    scheme, wild, host, port = found.groups()
    before = re.escape(scheme) if scheme else "https?://"
    return re.compile(before + (_LABELS if wild else "") + re.escape(host) + re.escape(port or ""))
