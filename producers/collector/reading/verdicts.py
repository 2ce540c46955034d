"""What became of each event, for a sender that asks with `X-Leadstream-Debug: 1`: in the reply, in its own order."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import DecodeError, Struct
from msgspec.json import Decoder, encode

from producers.collector.door.keys import Headers
from producers.collector.reading.caps import BadEvent
from producers.collector.reading.wire import Request, head_of, places
from schemas.codec import EVENT, refusal
from schemas.delivery import Trust
from schemas.errors import Undecodable
from schemas.event_time import Clock, timed
from schemas.times import milliseconds_of

__all__ = ["Verdict", "answer_with_verdicts", "wants_verdicts"]

HEADER: Final = b"x-leadstream-debug"
_CLOCKS: Final[Mapping[Clock, str]] = {
    Clock.AS_SENT: "",
    Clock.CORRECTED: "time corrected by sentAt",
    Clock.TOO_OLD: "time clamped: more than 7 days before it was received",
    Clock.TOO_LATE: "time clamped: after it was received",
    Clock.UNREADABLE: "time unreadable: when it was received counts",
    Clock.MISSING: "no timestamp: when it was received counts",
}


class Verdict(Struct, frozen=True):
    """`index`: the event's place in the request. `reason` "" = accepted; `detail`: what was changed or is wrong."""

    index: int
    message_id: str | int | None
    verdict: Literal["accepted", "rejected"]
    reason: str
    detail: str


class _Times(Struct, frozen=True, rename="camel"):
    """Of any shape: the worker is the one to refuse."""

    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None


_times: Final = Decoder(_Times).decode
_anything: Final = Decoder().decode


def wants_verdicts(headers: Headers) -> bool:
    """Whether the sender asks."""
    return headers.get(HEADER) == b"1"


def answer_with_verdicts(
    said: Request, stored: Request, refused: Sequence[BadEvent], *, trust: Trust, now: int
) -> bytes:
    """The body of a 200 with `events`. `said`: as it was read; `stored`: as it was let through; `now`: received_at."""
    verdicts = sorted(
        [*_accepted(said, stored, {one.place for one in refused}, trust=trust, now=now), *_rejected(said, refused)],
        key=lambda one: one.index,
    )
    return encode({"success": True, "ok": True, "status": 1, "events": verdicts})


def _accepted(
    said: Request, stored: Request, refused: set[int], *, trust: Trust, now: int
) -> Iterable[Verdict]:
    originals = {index: raw for index, (raw, _) in zip(places(said), said.events, strict=False)}
    for index, (raw, head) in zip(places(stored), stored.events, strict=False):
        if index in refused:
            continue
        if (why := _unusable(raw)) is not None:
            yield Verdict(index, head.message_id, "rejected", why.reason, f"{why.detail} (stored, not usable)")
            continue
        original = originals.get(index, raw)
        changed = "" if original == raw else "stored without what its source does not keep"
        clock = _CLOCKS[_clock(original, said.sent_at, trust=trust, now=now)]
        detail = "; ".join(filter(None, (changed, clock)))
        yield Verdict(index, head.message_id, "accepted", "", detail)


def _rejected(said: Request, refused: Iterable[BadEvent]) -> Iterable[Verdict]:
    originals = {index: raw for index, (raw, _) in zip(places(said), said.events, strict=False)}
    originals |= {one.place: one.raw for one in said.bad}
    for one in refused:
        yield Verdict(one.place, _message_id(originals.get(one.place, b"")), "rejected", one.reason, one.detail)


def _message_id(raw: bytes) -> str | int | None:
    try:
        return head_of(raw).message_id
    except (ValueError, RecursionError, DecodeError):
        return None


def _unusable(raw: bytes) -> Undecodable | None:
    """What the worker will say of its shape: the collector itself looks at no more than it must."""
    try:
        EVENT.decode(raw)
        _anything(raw)
    except Undecodable as error:
        return error
    except (ValueError, RecursionError, DecodeError) as error:
        return refusal(error)
    return None


def _clock(raw: bytes, sent_at: str | float | None, *, trust: Trust, now: int) -> Clock:
    """As the worker will see it: the request's sent_at, else the event's own."""
    try:
        times = _times(raw)
    except (ValueError, RecursionError, DecodeError):
        return Clock.UNREADABLE
    stamp = times.timestamp if times.timestamp is not None else times.original_timestamp
    own = sent_at if milliseconds_of(sent_at) is not None else _plain(times.sent_at)
    if stamp is not None and _plain(stamp) is None:
        return Clock.UNREADABLE
    return timed(stamp, received_at=now, sent_at=milliseconds_of(own), trust=trust).clock


def _plain(value: Any) -> str | float | None:
    return value if isinstance(value, str | int | float) else None
