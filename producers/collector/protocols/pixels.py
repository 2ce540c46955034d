"""GET and HEAD on a pixel: one GIF, whatever became of the event, so that nothing can be learned from the answer.

The query takes the place of a body, and goes the same way as any other. What is refused is counted under the status
that a POST would have heard; what could not be made safe is counted where all that is dropped is counted.
"""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from typing import Final

from producers.collector.door.body import Message, Scope, Send
from producers.collector.door.cors import VARY, Cors, HeaderList
from producers.collector.door.door import count_refused
from producers.collector.door.keys import Headers
from producers.collector.routes import EventRoute
from producers.errors import Refusal, Refused, SinkError
from producers.metrics import REQUESTS
from schemas.lookups import remembered

__all__ = ["GIF", "Pixels", "Take"]

Take = Callable[..., Awaitable[tuple[HeaderList, Message]]]  # (scope, headers, receive, route=)
# One transparent dot: 43 bytes.
GIF: Final = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
_HEADERS: Final[HeaderList] = [
    (b"content-type", b"image/gif"),
    (b"content-length", str(len(GIF)).encode()),
    (b"cache-control", b"no-store, no-cache, must-revalidate, private"),
    (b"pragma", b"no-cache"),
    (b"expires", b"Thu, 01 Jan 1970 00:00:00 GMT"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]


class Pixels:
    """`take`: the way of any request; raises Refused and SinkError. `say`: tells the log why something is not safe."""

    def __init__(self, take: Take, *, cors: Cors, say: Callable[[str], None]) -> None:
        self._take = take
        self._cors = cors
        self._say = say
        self._seen = remembered("pixel_answers", most=256)(REQUESTS.labels)  # one child per route and status

    async def answer(self, scope: Scope, send: Send, route: EventRoute) -> None:
        """200, always. HEAD asks what a GET would say and brings nothing."""
        headers: Headers = dict(scope["headers"])
        shown = scope["method"] == "GET"
        told = self._cors.reply(headers.get(b"origin"))
        if shown:
            status, told = await self._see(scope, headers, route, told=told)
            self._seen(route.name, str(status)).inc()
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *told]})
        await send({"type": "http.response.body", "body": GIF if shown else b""})

    async def _see(
        self, scope: Scope, headers: Headers, route: EventRoute, *, told: HeaderList
    ) -> tuple[int, HeaderList]:
        """Takes what the query says; returns the status that a POST would have heard, and headers of the reply."""
        query: Message = {"type": "http.request", "body": scope["query_string"]}

        async def said() -> Message:
            return query

        try:
            told, _ = await self._take(scope, headers, said, route=route)
        except Refused as error:
            count_refused(error)
            return route.statuses[error.reason], VARY if error.reason is Refusal.ORIGIN else told
        except SinkError as error:
            self._say(str(error))
            return 503, told
        return 200, told
