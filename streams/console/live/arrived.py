"""One event on its way in, as the live page shows it: who sent it, what it says, what became of it."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from schemas.codec import VISITS, decode_rejected
from schemas.delivery import Delivery, Trust
from schemas.errors import Undecodable
from schemas.rejected import Reason, Rejected
from streams.console.tongue import Tongue
from streams.core.rules import RulesError
from streams.core.said import Said, Value, spoken
from streams.replay.readable import readable, visible
from streams.replay.remaking import alone
from streams.replay.verdicts import Judge, Judgement, Verdict
from streams.window import Seen

__all__ = ["Arrived", "Coming", "Watched", "arrived", "coming", "in_words"]

LONGEST: Final = 4_000  # characters of an event that are shown
LONGEST_WORD: Final = 80
NOT_KEPT: Final = Said("Its bytes were not kept.")


class Coming(Struct, frozen=True, kw_only=True):
    """One event, not looked into yet. `delivery`: to be judged; `verdict`: the collector or a fold did."""

    at: int
    source: str
    trust: Trust
    raw: bytes
    delivery: Delivery | None = None
    verdict: Verdict | None = None


class Arrived(Struct, frozen=True, kw_only=True):
    """The same for people: every text is plain. `cut` = characters that are not shown; `at` in UTC milliseconds.

    `text` "": its bytes were not kept.
    """

    at: int
    source: str
    trust: Trust
    type: str
    name: str
    said: Judgement
    reason: str
    detail: str
    means: tuple[tuple[Value, float | None], ...]
    text: str
    cut: int


class Watched(Struct, frozen=True, kw_only=True):
    """What a page wants to see; "" = any. `text` is sought in the event's bytes, whatever its case."""

    source: str = ""
    type: str = ""
    text: str = ""

    def takes(self, one: Coming) -> bool:
        """Whether this page shows it."""
        if self.source and self.source != one.source:
            return False
        if self.text and self.text.lower().encode() not in one.raw.lower():
            return False
        return not self.type or self.type == _head(one.raw).type


class _Head(Struct, frozen=True):
    type: Any = ""
    event: Any = None
    name: Any = None


_HEAD: Final = Decoder(_Head)


def coming(record: Seen) -> Iterator[Coming]:
    """The events of a record of `visits`; of `rejected` those that no record of `visits` brings."""
    if record.topic == "visits":
        for delivery in VISITS.decode(record.value)[0]:
            for event in delivery.events:
                yield Coming(at=delivery.received_at, source=delivery.source, trust=delivery.trust, raw=bytes(event),
                             delivery=delivery)  # fmt: skip
        return
    try:
        said = decode_rejected(record.value)
    except Undecodable:
        return
    if isinstance(said, Rejected) and (said.topic is None or said.reason is Reason.FOLD):
        trust: Trust = "claimed" if said.envelope is None else said.envelope.trust
        verdict = Verdict(said="rejected", reason=said.reason, detail=said.detail)
        yield Coming(at=said.at, source=said.source, trust=trust, raw=said.raw, verdict=verdict)


def arrived(one: Coming, judge: Judge) -> Arrived:
    """Looked into, and judged by the worker's own decoder. Never raises."""
    head = _head(one.raw)
    verdict = one.verdict or _judged(one, judge)
    text = readable(one.raw)
    return Arrived(
        at=one.at, source=visible(one.source), trust=one.trust, type=_word(head.type),
        name=_word(head.event or head.name), said=verdict.said, reason=verdict.reason,
        detail=visible(verdict.detail), means=verdict.means, text=text[:LONGEST], cut=max(0, len(text) - LONGEST),
    )  # fmt: skip


def in_words(one: Arrived, tongue: Tongue) -> Arrived:
    """In the language of a page: what has words of ours in it is text then."""
    means = tuple((spoken(what, tongue), points) for what, points in one.means)
    return replace(one, reason=tongue.name(one.reason), means=means, text=one.text or tongue.say(NOT_KEPT))


def _judged(one: Coming, judge: Judge) -> Verdict:
    if one.delivery is None:
        return Verdict(said="rejected")
    try:
        return judge(alone(one.delivery, Raw(one.raw)))
    except RulesError as error:
        return Verdict(said="accepted", detail=f"the rules cannot be read: {error}")


def _head(raw: bytes) -> _Head:
    try:
        return _HEAD.decode(raw)
    except (ValueError, RecursionError, DecodeError):
        return _Head()


def _word(value: Any) -> str:
    return visible(value[:LONGEST_WORD]) if isinstance(value, str) else ""
