"""The way in: the collector's own HTTP routes, as browsers and CRMs use them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from msgspec.json import encode

from producers.errors import ProducerError
from producers.settings import SimulateSettings
from producers.simulate.browser import Browser

__all__ = ["Collector", "NotTaken"]

PATIENCE_S: Final = 60.0
RETRY_S: Final = 0.5
BATCH: Final = 20


class NotTaken(ProducerError):
    """The collector refused for good, or was away for too long."""


class Collector:
    """A running collector. `now_ms` tells the time in UTC milliseconds."""

    def __init__(self, settings: SimulateSettings, http: httpx.AsyncClient, *, now_ms: Callable[[], int]) -> None:
        self._url = settings.collector_url.rstrip("/")
        self._write_key = settings.write_key
        self._server_key = settings.server_key
        self._http = http
        self._now_ms = now_ms
        self.events = 0

    async def ready(self) -> None:
        """Waits until it takes events. Raises NotTaken."""
        await self._send("GET", "/readyz")

    async def browse(self, browser: Browser, events: Sequence[bytes]) -> None:
        """What a browser's tracker posts: plain text, the key in the body. Raises NotTaken."""
        headers = {"user-agent": browser.user_agent, "content-type": "text/plain;charset=UTF-8"}
        for start in range(0, len(events), BATCH):
            some = events[start : start + BATCH]
            sent_at = datetime.fromtimestamp(self._now_ms() / 1_000, UTC).isoformat(timespec="milliseconds")
            tail = encode({"sentAt": sent_at.replace("+00:00", "Z"), "writeKey": self._write_key})
            body = b'{"batch":[' + b",".join(some) + b"]," + tail[1:]
            await self._send("POST", "/v1/batch", content=body, headers=headers)
            self.events += len(some)

    async def report(self, deal: Mapping[str, Any]) -> None:
        """What a CRM posts. Raises NotTaken."""
        await self._send("POST", "/v1/crm/generic", content=encode(deal), auth=(self._server_key, ""))

    async def _send(self, method: str, path: str, **request: Any) -> None:
        give_up_at = asyncio.get_running_loop().time() + PATIENCE_S
        while True:
            try:
                answer = await self._http.request(method, self._url + path, **request)
            except httpx.TransportError as error:
                why = f"{type(error).__name__} at {self._url}"
            else:
                if answer.is_success:
                    return
                why = f"{path}: {answer.status_code} {answer.text[:200]}"
                if answer.status_code < 500 and answer.status_code != 429:
                    raise NotTaken(why)
            if asyncio.get_running_loop().time() > give_up_at:
                raise NotTaken(why)
            await asyncio.sleep(RETRY_S)
