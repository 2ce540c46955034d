"""GET of what Amazon names in its envelopes: no redirect, no proxy, ten seconds and 64 KB in all.

Only addresses of Amazon's own hosts come here (`sns.py`), over TLS, so a name that leads elsewhere proves nothing.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import httpx

from producers.errors import NotFetched

__all__ = ["client", "fetch"]

DEADLINE_S: Final = 10.0
MOST: Final = 64 * 1024


def client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Chain and name of the certificate are checked, against the authorities that httpx brings."""
    return httpx.AsyncClient(trust_env=False, follow_redirects=False, transport=transport)


async def fetch(
    url: str, *, opened: Callable[[], httpx.AsyncClient] = client, deadline_s: float = DEADLINE_S
) -> bytes:
    """The bytes of a 200. Raises NotFetched."""
    try:
        async with (
            asyncio.timeout(deadline_s),
            opened() as http,
            http.stream("GET", url, headers={"accept-encoding": "identity"}) as answer,
        ):
            body = b""
            async for piece in answer.aiter_raw(8_192):
                body += piece
                if len(body) > MOST:
                    raise NotFetched(f"more than {MOST} bytes")
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotFetched(type(error).__name__) from error
    if answer.status_code != httpx.codes.OK:
        raise NotFetched(f"status {answer.status_code}")
    return body
