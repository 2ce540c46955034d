"""What a rejected record becomes when it is replayed: a record for the inbox that it was on its way to.

An event comes back in a delivery that says what its own said: when it was received, from which source, how far it is
believed, from where. So nothing becomes now and nothing gains trust; and an event without an id of its own gets the
same one each time, because that follows from what it says and from `received_at` (`streams/core/events/event_ids.py`).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from msgspec import UNSET, DecodeError, Raw, Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from schemas.codec import ORDER, VISITS, encode, encode_block
from schemas.delivery import Delivery, VisitorOrder
from schemas.errors import BadId, Undecodable
from schemas.ids import Naming, clean_id
from schemas.rejected import Envelope, Reason, Rejected
from schemas.topics import TOPICS, partition_of
from streams.core.said import Name, Said, SaidError
from streams.inbox import Put
from streams.replay.patch import Patch, patched
from streams.replay.verdicts import Judge

__all__ = ["Look", "Mapped", "Mapper", "NotReplayable", "Remade", "Remaker", "alone", "inbox_of"]


class Mapped(NamedTuple):
    """One message that a body becomes, and its row. `inbox`: short name."""

    inbox: str
    to: str
    message: bytes


Mapper: TypeAlias = Callable[[Rejected], Sequence[Mapped]]
"""What a CRM or a mail provider said -> what it becomes now. Raises NotReplayable."""
Look: TypeAlias = Callable[[str, int, int], bytes | None]
"""Full topic name, partition, offset -> the record's value, None where it is gone. May raise WindowShut."""
UNPLACED: Final = Said("it has a userId alone, whose place follows from LEADSTREAM_SECRET: set it")
UNREAD_HERE: Final = Said("it is what a CRM or a mail provider said, not read here: run `leadstream rejected replay`")
UNREADABLE: Final = (ValueError, RecursionError, DecodeError)


class NotReplayable(SaidError):
    """Why this record cannot be replayed, or not without a patch; for a person."""


class Remade(Struct, frozen=True):
    """The records to write (one, unless a body says several things), and the event before and after the patch.

    `becomes`: what a CRM's or a mail provider's body was read as; empty for all else.
    """

    puts: tuple[Put, ...]
    before: bytes
    after: bytes
    becomes: tuple[Mapped, ...] = ()


class _Who(Struct, frozen=True, rename="camel"):
    anonymous_id: Any = None
    user_id: Any = None


class _Facts(Struct, frozen=True):
    """What is left of an event whose fold failed; events name no `to`."""

    to: str
    received_at: int


class _To(Struct, frozen=True):
    to: str


_WHO: Final = Decoder(_Who)
_FACTS: Final = Decoder(_Facts)
_TO: Final = Decoder(_To)
_BLOCK: Final = Decoder(list[Delivery])


def inbox_of(record: Rejected) -> str:
    """The short name of the inbox that it was on its way to, "" where it was none."""
    if record.topic is None:
        return "" if record.reason is Reason.MAPPING else "visits"
    names = (one.name for one in TOPICS if one.inbox)
    return next((name for name in names if f"leadstream.{name}.v1" in record.topic), "")


class Remaker:
    """`partitions` of the inboxes now; `full`: a topic's name now by its short one.

    `naming` None: no secret is known, so only events with an `anonymousId` find their visitor. `mapper` None: nobody
    here can read what a CRM or a mail provider said.
    """

    def __init__(
        self, *, partitions: int, naming: Naming | None, full: Callable[[str], str], look: Look, judge: Judge,
        mapper: Mapper | None = None,
    ) -> None:  # fmt: skip
        self.judge = judge
        self._partitions = partitions
        self._naming = naming
        self._full = full
        self._look = look
        self._mapper = mapper

    def remade(self, record: Rejected, patch: Patch | None = None) -> Remade:
        """Raises NotReplayable, BadPatch, and what `look` and `judge` raise."""
        if not record.raw or record.reason is Reason.TOO_LARGE:
            raise NotReplayable(Said("its bytes were not kept (%(reason)s)", {"reason": Name(record.reason.value)}))
        inbox = inbox_of(record)
        if not inbox:
            return self._mapped(record, patch)
        if inbox == "visits" and record.envelope is None and _is_facts(record.raw):
            return self._folded(record, patch)
        after = record.raw if patch is None else patched(record.raw, patch)
        if inbox != "visits":
            put = self._message(inbox, after)
        elif record.topic is not None and record.source == "":
            put = self._block(record, after)
        else:
            put = self._event(record, after)
        return Remade((put,), record.raw, after)

    def _mapped(self, record: Rejected, patch: Patch | None) -> Remade:
        """What a CRM or a mail provider said, by what reads it now.

        It keeps the time at which it came, and its ids follow from what it says: twice changes nothing.
        """
        if self._mapper is None:
            raise NotReplayable(UNREAD_HERE)
        after = record.raw if patch is None else patched(record.raw, patch)
        becomes = tuple(self._mapper(replace(record, raw=after)))
        groups: dict[tuple[str, int], list[bytes]] = {}
        for inbox, to, message in becomes:
            groups.setdefault((inbox, partition_of(to, self._partitions)), []).append(message)
        if not groups:
            raise NotReplayable(Said("it can be read now, and says nothing that we need"))
        puts = tuple(Put(inbox, number, encode_block(messages)) for (inbox, number), messages in groups.items())
        return Remade(puts, record.raw, after, becomes)

    def _event(self, record: Rejected, raw: bytes) -> Put:
        was = record.envelope or Envelope(received_at=record.at)
        delivery = Delivery(received_at=was.received_at, sent_at=was.sent_at, source=record.source, trust=was.trust,
                            ip=was.ip, user_agent=was.user_agent, events=[Raw(raw)])  # fmt: skip
        partition = partition_of(self._visitor(raw), self._partitions)
        return Put("visits", partition, encode_block([encode(delivery)]))

    def _visitor(self, raw: bytes) -> str:
        try:
            who = _WHO.decode(raw)
        except UNREADABLE as error:
            raise NotReplayable(Said("it is no JSON object that can travel: it needs a patch")) from error
        ids = [one if isinstance(one, str | int) and not isinstance(one, bool) else None
               for one in (who.anonymous_id, who.user_id)]  # fmt: skip
        try:
            visitor_id = (self._naming or Naming(b"")).visitor_of(*ids)
            anonymous = clean_id(ids[0])
        except BadId as error:
            raise NotReplayable(Said("%(error)s: it needs a patch", {"error": str(error)})) from error
        if visitor_id is None:
            raise NotReplayable(Said("it has neither a usable anonymousId nor a usable userId: it needs a patch"))
        if anonymous is None and self._naming is None:
            raise NotReplayable(UNPLACED)
        return visitor_id

    def _message(self, inbox: str, raw: bytes) -> Put:
        """What came from another hop: it names its row itself."""
        try:
            to = _TO.decode(raw).to
        except UNREADABLE as error:
            raise NotReplayable(Said("it names no row of %(inbox)s: it needs a patch", {"inbox": inbox})) from error
        return Put(inbox, partition_of(to, self._partitions), encode_block([raw]))

    def _block(self, record: Rejected, raw: bytes) -> Put:
        """A delivery, or a whole block, that could not be read."""
        block = raw if raw.lstrip()[:1] == b"[" else encode_block([raw])
        try:
            _BLOCK.decode(block)
        except UNREADABLE as error:
            raise NotReplayable(Said("it is no delivery: it needs a patch")) from error
        return Put("visits", self._same_place(record), block)

    def _folded(self, record: Rejected, patch: Patch | None) -> Remade:
        """The events of one visitor whose fold failed, from the block that they lay in: copies change no row."""
        if patch is not None:
            raise NotReplayable(Said("its fold failed, not its form: replay it without a patch"))
        to = _FACTS.decode(record.raw).to
        if to.startswith("user:") and self._naming is None:
            raise NotReplayable(UNPLACED)
        block = self._look(str(record.topic), record.partition or 0, record.offset or 0)
        deliveries = [] if block is None else VISITS.decode(block)[0]
        mine = [made for one in deliveries if (made := self._only(one, to)) is not None]
        if not mine:
            raise NotReplayable(Said("the block that it lay in is not kept any more"))
        value = encode_block([encode(one) for one in mine])
        return Remade((Put("visits", partition_of(to, self._partitions), value),), record.raw, record.raw)

    def _only(self, delivery: Delivery, visitor_id: str) -> Delivery | None:
        """The delivery with what belongs to this visitor alone, None where nothing does.

        What could not be used among it was rejected by itself.
        """
        events = [event for event in delivery.events if self._belongs(bytes(event), visitor_id)
                  and self.judge(alone(delivery, event)).said != "rejected"]  # fmt: skip
        orders = [one for one in delivery.orders or () if _order_to(bytes(one)) == visitor_id]
        if not events and not orders:
            return None
        return _with(delivery, events=events, orders=orders or UNSET)

    def _belongs(self, raw: bytes, visitor_id: str) -> bool:
        try:
            return self._visitor(raw) == visitor_id
        except NotReplayable:
            return False

    def _same_place(self, record: Rejected) -> int:
        if record.topic != self._full("visits") or record.partition is None:
            raise NotReplayable(Said("it was cut for partitions of another epoch"))
        return record.partition


def _is_facts(raw: bytes) -> bool:
    try:
        _FACTS.decode(raw)
    except UNREADABLE:
        return False
    return True


def alone(delivery: Delivery, event: Raw) -> Put:
    """One event as its delivery brought it, without its neighbours: to be judged."""
    return Put("visits", 0, encode_block([encode(_with(delivery, events=[event], orders=UNSET))]))


def _with(delivery: Delivery, **other: Any) -> Delivery:
    return Delivery(**{**{name: getattr(delivery, name) for name in delivery.__struct_fields__}, **other})


def _order_to(raw: bytes) -> str:
    try:
        order: VisitorOrder = ORDER.decode(raw)
    except Undecodable:
        return ""
    return order.to

