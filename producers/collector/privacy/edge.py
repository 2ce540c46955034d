"""Where every request passes between being read and being stored: nothing is written that this does not let through.

Consent by the source's mode, `Sec-GPC` and `SP-Anonymous`, ids for a day, and what the source does not want to know.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from msgspec import DecodeError
from msgspec.json import Decoder

from producers.collector.door.addresses import shortened
from producers.collector.door.keys import Headers, Sender
from producers.collector.privacy.consent import Consent, consent_in
from producers.collector.privacy.cookieless import DailySalt, counted
from producers.collector.privacy.redaction import Redaction
from producers.collector.reading.caps import BadEvent
from producers.collector.reading.wire import Event, Head, HeadContext, Request, head_of, places
from producers.collector.sources import Source
from schemas.codec import encode, refusal
from schemas.errors import Undecodable
from schemas.rejected import Reason

__all__ = ["Admitted", "Privacy", "may_recognise"]

_SILENT: Final = HeadContext()
_decode: Final[Callable[[bytes], Any]] = Decoder().decode
_UNREADABLE: Final = (ValueError, RecursionError, DecodeError)


class Admitted(NamedTuple):
    """What of a request may be stored, and the shortened address that may stand beside it."""

    request: Request
    ip: str | None


class _Rules:
    """What one source's operator said, made ready."""

    def __init__(self, policy: Source) -> None:
        self.policy = policy
        self.purposes = frozenset(one.casefold() for one in policy.consent_purposes)
        self.redaction = Redaction(policy)
        self.by_day = Redaction(policy, click_ids=False)


class _Visit(NamedTuple):
    """One request's sender, with the full address for as long as this lasts, and what its mode asks for."""

    source: str
    address: str | None
    user_agent: str
    opted_out: bool
    must_agree: bool
    by_day: bool
    with_ip: bool


class Privacy:
    """`applied` is the one door. `now_ms`: UTC milliseconds, for the salt of the day."""

    def __init__(self, *, now_ms: Callable[[], int]) -> None:
        self._salt = DailySalt(now_ms)
        self._rules: dict[str, _Rules] = {}

    def applied(self, request: Request, sender: Sender, *, headers: Headers, address: str | None) -> Admitted:
        """The request as its source may keep it. `address`: the sender's in full, None where it says nothing."""
        rules = self._rules.get(sender.source)
        if rules is None or rules.policy is not sender.policy:
            rules = self._rules[sender.source] = _Rules(sender.policy)
        if may_recognise(rules.policy, headers) and _is_plain(request, rules):
            return Admitted(request, shortened(address))
        visit = _visit(sender, headers, address)
        bad = [_kept(one, rules, visit) for one in request.bad]
        events: list[Event] = []
        for (raw, head), place in zip(request.events, places(request), strict=False):
            outcome = self._one(raw, head, rules=rules, visit=visit)
            if isinstance(outcome, BadEvent):
                bad.append(outcome._replace(place=place))
            else:
                events.append(outcome)
        return Admitted(request._replace(events=events, bad=bad), shortened(address) if visit.with_ip else None)

    def _one(self, raw: bytes, head: Head, *, rules: _Rules, visit: _Visit) -> Event | BadEvent:
        if not _may(head.context, rules, visit):
            return BadEvent(b"", Reason.NO_CONSENT, _told(raw, head))
        try:
            return self._for_a_day(raw, head, rules=rules, visit=visit) if visit.by_day else _redacted(
                raw, head, redaction=rules.redaction, with_ip=visit.with_ip
            )
        except Undecodable as error:
            kept = b"" if visit.by_day else rules.redaction.unread(raw)
            return BadEvent(kept, error.reason, error.detail)

    def _for_a_day(self, raw: bytes, head: Head, *, rules: _Rules, visit: _Visit) -> Event | BadEvent:
        """Raises Undecodable."""
        event = _read(raw)
        address, user_agent = visit.address, visit.user_agent
        if address is None and isinstance(event.get("context"), dict):  # a server sends for its visitors
            address, user_agent = event["context"].get("ip"), str(event["context"].get("userAgent"))
        if not isinstance(address, str):
            return BadEvent(b"", Reason.NO_ID, "without cookies a visitor is an address: the event needs context.ip")
        visitor = self._salt.visitor(visit.source, address=address, user_agent=user_agent)
        anonymous = counted(event, visitor)
        if anonymous is None:
            return BadEvent(b"", Reason.NO_CONSENT, f"{_told(raw, head)}: only says who somebody is")
        changed = encode(rules.by_day.of(anonymous, with_ip=False))
        return changed, head_of(changed)


def may_recognise(policy: Source, headers: Headers) -> bool:
    """Whether a visitor may be given a cookie, before anything is known of what its events say of consent."""
    asks_nobody = policy.consent == "off" or (policy.consent == "opt_out" and headers.get(b"sec-gpc") != b"1")
    return asks_nobody and b"sp-anonymous" not in headers


def _visit(sender: Sender, headers: Headers, address: str | None) -> _Visit:
    """A browser's opt-out (`Sec-GPC: 1`) takes its person out of the data, and where people must agree it is a no."""
    mode = sender.policy.consent
    opted_out = mode != "off" and headers.get(b"sec-gpc") == b"1"
    by_day = mode == "cookieless" or (opted_out and mode == "opt_out")
    return _Visit(
        source=sender.source,
        address="" if address is None and sender.trust == "claimed" else address,
        user_agent=headers.get(b"user-agent", b"").decode("latin-1"),
        opted_out=opted_out,
        must_agree=mode == "opt_in",
        by_day=by_day,
        with_ip=not by_day and b"sp-anonymous" not in headers,
    )


def _may(context: HeadContext | None, rules: _Rules, visit: _Visit) -> bool:
    """Whether this event's person let us have it."""
    said = consent_in(context, rules.purposes)
    if visit.must_agree:
        return said is Consent.GIVEN and not visit.opted_out
    return said is not Consent.DENIED


def _is_plain(request: Request, rules: _Rules) -> bool:
    """Whether everything may stay as it is: true of most requests, so nothing is read for it that need not be."""
    if request.bad or any([head.context is not None and head.context != _SILENT for _, head in request.events]):  # noqa: C419
        return False
    return not rules.redaction.might_change(b"\n".join([raw for raw, _ in request.events]))


def _redacted(raw: bytes, head: Head, *, redaction: Redaction, with_ip: bool) -> Event:
    """The original bytes where nothing is taken out. Raises Undecodable."""
    has_ip = head.context is not None and head.context.ip is not None
    if not has_ip and not redaction.might_change(raw):
        return raw, head
    event = _read(raw)
    redacted = redaction.of(event, with_ip=with_ip)
    if redacted == event:
        return raw, head
    changed = encode(redacted)
    return changed, head_of(changed)


def _told(raw: bytes, head: Head) -> str:
    """All that is left of an event that may not be kept."""
    return f"{head.type or 'one event'}, {len(raw)} bytes"


def _kept(bad: BadEvent, rules: _Rules, visit: _Visit) -> BadEvent:
    """A rejected event, whose bytes are kept only as far as a good one's would be."""
    if visit.by_day:
        return bad._replace(raw=b"")
    try:
        allowed = _may(head_of(bad.raw).context, rules, visit)
    except _UNREADABLE:
        allowed = not visit.must_agree
    return bad._replace(raw=rules.redaction.unread(bad.raw) if allowed else b"")


def _read(raw: bytes) -> dict[str, Any]:
    """Raises Undecodable."""
    try:
        event: dict[str, Any] = _decode(raw)
    except _UNREADABLE as error:
        raise refusal(error) from error
    return event
