"""Snowplow's trackers: POST /com.snowplowanalytics.snowplow/tp2, and GET /i with the event in its query.

Their requests carry no key but an application id, which is as public as a write key: the source that lists it under
`snowplow_app_ids` gets the events. A request has one sender: the first application id that it names.
"""

from collections.abc import Mapping
from contextlib import suppress
from itertools import chain
from typing import Any, Final

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder, encode

from producers.collector.protocols.queries import fields_of
from producers.collector.protocols.snowplow_events import Fields, events_of
from producers.collector.reading import mend
from producers.collector.reading.caps import MAX_EVENT, BadEvent
from producers.collector.reading.wire import MAX_EVENTS, Event, Request, read
from producers.collector.routes import STATUS_OF, EventRoute
from producers.collector.sources import Sources
from producers.errors import BadSettings, Refusal, Refused, Unmappable
from schemas.rejected import Reason

__all__ = ["PIXEL", "POST", "Snowplow", "app_keys"]

POST: Final = "/com.snowplowanalytics.snowplow/tp2"
PIXEL: Final = "/i"
_KEY: Final = "snowplow:"  # an application id among the write keys
# Trackers drop what is answered 400, 401, 403, 410 or 422 and send anything else again, a 413 for ever.
_STATUSES: Final[Mapping[Refusal, int]] = {
    **STATUS_OF, Refusal.ENCODING: 400, Refusal.TOO_LARGE: 400, Refusal.TOO_MANY: 400,
}  # fmt: skip
_UNREADABLE: Final = (DecodeError, RecursionError, ValueError)


class _Payload(Struct, frozen=True):
    data: list[Raw]


_payload: Final = Decoder(_Payload).decode
_fields: Final = Decoder(dict[str, str | int | float | bool | None]).decode


class Snowplow:
    """Turns a request into what any other request brings, and does nothing else."""

    def __init__(self, sources: Sources) -> None:
        self._identify = {
            app_id: frozenset(source.snowplow_identify) for _, source in sources for app_id in source.snowplow_app_ids
        }

    def post(self) -> EventRoute:
        """Many events in a body."""
        return EventRoute("snowplow", self._of_body, statuses=_STATUSES)

    def pixel(self) -> EventRoute:
        """One event in a query."""
        return EventRoute("snowplow_pixel", self._of_query, only="claimed", statuses=_STATUSES)

    def _of_body(self, body: bytes) -> Request:
        items = _items(mend.surrogates(body))
        if len(items) > MAX_EVENTS:
            raise Refused(Refusal.TOO_MANY, f"{len(items)} events, more than {MAX_EVENTS}")
        said: list[tuple[bytes, Fields]] = []
        bad: list[BadEvent] = []
        for raw in items:
            if len(raw) > MAX_EVENT:
                bad.append(BadEvent(b"", Reason.TOO_LARGE, f"{len(raw)} bytes, more than {MAX_EVENT}"))
                continue
            try:
                said.append((raw, _texts(_fields(raw))))
            except _UNREADABLE:
                bad.append(BadEvent(raw, Reason.SCHEMA, "an event is an object of texts"))
        return self._of(said, bad)

    def _of_query(self, query: bytes) -> Request:
        return self._of([(query, fields_of(query))], [])

    def _of(self, said: list[tuple[bytes, Fields]], bad: list[BadEvent]) -> Request:
        app_id = next((one["aid"] for _, one in said if one.get("aid")), None)
        identify = self._identify.get(app_id or "", frozenset())
        events: list[Event] = []
        for raw, one in said:
            try:
                read_as = [_read(event) for event in events_of(one, identify)]
            except Unmappable as error:
                bad.append(BadEvent(raw, Reason.SCHEMA, str(error)))
            except (Refused, RecursionError):
                bad.append(BadEvent(raw, Reason.DEPTH, "nested too deeply"))
            else:
                events += chain.from_iterable(request.events for request in read_as)
                bad += chain.from_iterable(request.bad for request in read_as)
        return Request(events, bad, app_id and _KEY + app_id, None)


def app_keys(sources: Sources) -> dict[str, str]:
    """The application ids as write keys, each with its source. Raises BadSettings."""
    keys: dict[str, str] = {}
    for name, source in sources:
        for app_id in source.snowplow_app_ids:
            other = keys.setdefault(_KEY + app_id, name)
            if other != name:
                raise BadSettings(f"LEADSTREAM_COLLECTOR__SOURCES: [{name}]: snowplow_app_ids: [{other}] has {app_id}")
    if not keys:
        raise BadSettings(
            "LEADSTREAM_COLLECTOR__SNOWPLOW: every event would be refused: list application ids as "
            "snowplow_app_ids = [...] in the source's table of LEADSTREAM_COLLECTOR__SOURCES"
        )
    return keys


def _items(body: bytes) -> list[bytes]:
    """The events of a body, read again without NaN and Infinity where it cannot be read with them. Raises Refused."""
    for text in (body, mend.numbers(body)):
        with suppress(*_UNREADABLE):
            return list(map(bytes, _payload(text).data))
    raise Refused(Refusal.JSON, "expected payload_data with a list under `data`")


def _texts(said: Mapping[str, Any]) -> Fields:
    return {name: value if isinstance(value, str) else str(value) for name, value in said.items() if value is not None}


def _read(event: Mapping[str, Any]) -> Request:
    """Goes the way of any event of ours, with all its caps. Raises Refused and RecursionError."""
    return read(encode({"batch": [event]}), "batch")
