"""Is it ready? Asked over HTTP (`/readyz`) or by connecting; every question has a deadline."""

import asyncio
from typing import Final

import httpx

from deploy.local.child import Ready
from deploy.local.ports import HOST

__all__ = ["not_ready_because"]

ASK_S: Final = 2.0
ANSWER_CHARS: Final = 300


async def not_ready_because(ready: Ready, http: httpx.AsyncClient) -> str | None:
    """None when it is ready, else why not, in one line."""
    if ready.url:
        return await _asked(ready.url, http)
    if ready.port:
        return await _connected(ready.port)
    return None


async def _asked(url: str, http: httpx.AsyncClient) -> str | None:
    try:
        answer = await http.get(url, timeout=ASK_S)
    except httpx.HTTPError as error:
        return f"{url}: {type(error).__name__}"
    if answer.status_code == httpx.codes.OK:
        return None
    return f"{url}: {answer.status_code} {' '.join(answer.text.split())[:ANSWER_CHARS]}"


async def _connected(port: int) -> str | None:
    try:
        async with asyncio.timeout(ASK_S):
            _, writer = await asyncio.open_connection(HOST, port)
    except (OSError, TimeoutError):
        return f"nobody listens on {HOST}:{port}"
    writer.close()
    return None
