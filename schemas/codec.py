"""Bytes to messages and back. One error: Undecodable, whatever the library said."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from msgspec import DecodeError, Raw, Struct, ValidationError
from msgspec.json import Decoder, Encoder

from schemas.cards import AccountCard, AlertCard, LeadCard, Transition
from schemas.delivery import Delivery, TypedDelivery, VisitorOrder
from schemas.errors import Undecodable
from schemas.events import AnyEvent
from schemas.posts import PostMessage
from schemas.rejected import Reason, Rejected, Replayed
from schemas.signals import Signal
from schemas.touches import Touch

__all__ = [
    "ACCOUNT_CARD", "ALERT_CARD", "EVENT", "LEAD_CARD", "ORDER", "POSTS", "REJECTED", "REPLAYED", "SIGNALS", "TOUCHES",
    "TRANSITION", "VISITS", "VISITS_TYPED", "BlockCodec", "Codec", "Refused", "decode_rejected", "encode",
    "encode_block", "refusal",
]  # fmt: skip

T = TypeVar("T")
_NO_NUMBER: Final = ("Expected `int`, got `bool`", "Expected `float`, got `bool`")  # true is a number in Python only
_ENCODER: Final = Encoder()
encode: Final[Callable[[Any], bytes]] = _ENCODER.encode


def refusal(error: Exception) -> Undecodable:
    """What a library's error means in our words."""
    match error:
        case ValidationError() if "Invalid value" in str(error) and "type" in str(error):
            return Undecodable(Reason.UNKNOWN_TYPE, str(error))
        case ValidationError() if "out of range" in str(error) or str(error).startswith(_NO_NUMBER):
            return Undecodable(Reason.NUMBER, str(error))
        case ValidationError():
            return Undecodable(Reason.SCHEMA, str(error))
        case RecursionError():
            return Undecodable(Reason.DEPTH, "nested too deeply")
        case _:
            return Undecodable(Reason.JSON, str(error))


class Codec(Generic[T]):
    """One message type."""

    def __init__(self, kind: Any) -> None:
        self._decoder: Decoder[T] = Decoder(kind)

    def decode(self, raw: bytes | Raw) -> T:
        """Raises Undecodable."""
        try:
            return self._decoder.decode(raw)
        except (ValueError, RecursionError, DecodeError) as error:
            raise refusal(error) from error


class Refused(Struct, frozen=True):
    """One item of a block that could not be read; its neighbours could."""

    raw: bytes
    error: Undecodable


class BlockCodec(Generic[T]):
    """A JSON array of messages: all at once, and one by one where that fails."""

    def __init__(self, kind: Any) -> None:
        self._all: Decoder[list[T]] = Decoder(list[kind])
        self._split: Decoder[list[Raw]] = Decoder(list[Raw])
        self._one: Codec[T] = Codec(kind)

    def decode(self, raw: bytes) -> tuple[Sequence[T], Sequence[Refused]]:
        """The messages that can be read, and those that cannot. Never raises."""
        try:
            return self._all.decode(raw), ()
        except (ValueError, RecursionError, DecodeError):
            return self._one_by_one(raw)

    def _one_by_one(self, raw: bytes) -> tuple[Sequence[T], Sequence[Refused]]:
        try:
            items = self._split.decode(raw)
        except (ValueError, RecursionError, DecodeError) as error:
            return (), (Refused(raw, refusal(error)),)
        good: list[T] = []
        bad: list[Refused] = []
        for item in items:
            try:
                good.append(self._one.decode(item))
            except Undecodable as error:
                bad.append(Refused(bytes(item), error))
        return good, bad


def encode_block(messages: Sequence[bytes]) -> bytes:
    """One record of several encoded messages. Joined, not added: each `+` would copy the whole block once more."""
    return b"".join((b"[", b",".join(messages), b"]"))


EVENT: Final[Codec[AnyEvent]] = Codec(AnyEvent)
ORDER: Final[Codec[VisitorOrder]] = Codec(VisitorOrder)
VISITS: Final[BlockCodec[Delivery]] = BlockCodec(Delivery)
VISITS_TYPED: Final[BlockCodec[TypedDelivery]] = BlockCodec(TypedDelivery)
TOUCHES: Final[BlockCodec[Touch]] = BlockCodec(Touch)
SIGNALS: Final[BlockCodec[Signal]] = BlockCodec(Signal)
POSTS: Final[BlockCodec[PostMessage]] = BlockCodec(PostMessage)
LEAD_CARD: Final[Codec[LeadCard]] = Codec(LeadCard)
ACCOUNT_CARD: Final[Codec[AccountCard]] = Codec(AccountCard)
ALERT_CARD: Final[Codec[AlertCard]] = Codec(AlertCard)
TRANSITION: Final[Codec[Transition]] = Codec(Transition)
REJECTED: Final[Codec[Rejected]] = Codec(Rejected)
REPLAYED: Final[Codec[Replayed]] = Codec(Replayed)


def decode_rejected(raw: bytes) -> Rejected | Replayed:
    """A record of the topic `rejected`: what was rejected, or the note that it was replayed. Raises Undecodable."""
    try:
        return REJECTED.decode(raw)
    except Undecodable as error:
        try:
            return REPLAYED.decode(raw)
        except Undecodable:
            raise error from None
