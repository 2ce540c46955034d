"""Where browsers find this collector: what replies tell an SDK, which sends everything there from then on."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from starlette.requests import Request

from producers.settings import CollectorSettings
from running.listening import own_url

__all__ = ["PublicUrl"]

# A name or an address with its port, and nothing that could be read as more than that.
_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_SCHEMES: Final = frozenset({"http", "https"})


class PublicUrl:
    """The configured address; without one what the browser asked for, where a trusted proxy stands before us."""

    def __init__(self, settings: CollectorSettings) -> None:
        self._url = urlsplit((settings.public_url or own_url(settings.host, settings.port)).rstrip("/"))
        self._by_host = settings.proxy_hops > 0 and not settings.public_url

    def of(self, request: Request) -> SplitResult:
        """Scheme, host and path, without a slash at the end. A `Host` that nobody vouches for is not repeated."""
        host = request.headers.get("host", "")
        if not self._by_host or not _HOST.fullmatch(host):
            return self._url
        scheme = request.headers.get("x-forwarded-proto", "").rpartition(",")[2].strip()
        return SplitResult(scheme if scheme in _SCHEMES else request.url.scheme, host, "", "", "")
