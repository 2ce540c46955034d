"""What we keep but could not use, with its reason (topic `rejected`)."""

from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct

from schemas.delivery import Trust

__all__ = ["MAIL_DOOR", "Envelope", "Kept", "Reason", "Rejected", "Replayed"]

MAIL_DOOR: Final = "mail/"  # how a `door` of a mail provider begins


class Reason(StrEnum):
    """Why something was rejected: a closed list, counted by this name in `leadstream_rejected_total`."""

    JSON = "json"  # not JSON
    SCHEMA = "schema"  # JSON of another shape
    UNKNOWN_TYPE = "unknown_type"  # `type` is none of track, page, screen, identify, group, alias
    NO_ID = "no_id"  # neither a usable anonymousId nor a usable userId
    NUMBER = "number"  # NaN, Infinity or a number that no 64 bits hold
    TOO_LARGE = "too_large"  # one event over the cap
    DEPTH = "depth"  # nested too deeply
    DUP_KEY = "dup_key"  # an id, the e-mail or the type twice: whoever reads it next might take the other one
    BAD_EMAIL = "bad_email"
    BAD_SIGNATURE = "bad_signature"  # an identify whose signature does not prove it
    NO_CONSENT = "no_consent"  # its person did not agree: counted, and its bytes are not kept
    MAPPING = "mapping"  # a CRM body that the mapping file could not read, or one of a mail provider
    FOLD = "fold"  # a bug of ours: the fold raised; replay it after the fix
    UNKNOWN_ROW = "unknown_row"  # an order to an alert or deal that its row does not know


class Envelope(Struct, frozen=True, kw_only=True):
    """What the delivery of a rejected event said beside its events: a replay keeps it. Times are UTC milliseconds."""

    received_at: int
    sent_at: int | None = None
    trust: Trust = "claimed"
    ip: str | None = None  # truncated before it is written
    user_agent: str | None = None


class Rejected(Struct, frozen=True, kw_only=True):
    """One rejected event or message.

    `raw` holds the original bytes (base64 in JSON); `topic`, `partition`, `offset` say where it was, and are
    None for what the collector refused before it had an offset. `at` is UTC milliseconds. `envelope` is None for what
    was no event of a delivery, and in records of older releases. `door`: by what a CRM's body was read, `hubspot` or
    `generic/deals`, or a mail provider's, `mail/postmark`; None for all else, and in records of older releases.
    """

    v: int = 1
    at: int
    reason: Reason
    detail: str
    source: str
    raw: bytes
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    envelope: Envelope | None = None
    door: str | None = None


class Replayed(Struct, frozen=True, kw_only=True):
    """A note in the topic `rejected`: the record at `offset` of this note's own partition was replayed.

    It lies behind its record, so it is kept at least as long. `at` is UTC milliseconds; `patched`: changed before.
    """

    v: int = 1
    replayed_partition: int
    replayed_offset: int
    at: int
    actor: str
    patched: bool = False


class Kept(NamedTuple):
    """A rejected record where it lies in the topic `rejected`; `replayed`: a note behind it says so."""

    partition: int
    offset: int
    record: Rejected
    replayed: bool = False

    @property
    def place(self) -> str:
        """How people name it: `2:991`."""
        return f"{self.partition}:{self.offset}"
