"""What we keep but could not use, with its reason (topic `rejected`)."""

from enum import StrEnum

from msgspec import Struct

__all__ = ["Reason", "Rejected"]


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
    MAPPING = "mapping"  # a CRM body that the mapping file could not read
    FOLD = "fold"  # a bug of ours: the fold raised; replay it after the fix
    UNKNOWN_ROW = "unknown_row"  # an order to an alert or deal that its row does not know


class Rejected(Struct, frozen=True, kw_only=True):
    """One rejected event or message.

    `raw` holds the original bytes (base64 in JSON); `topic`, `partition`, `offset` say where it was, and are
    None for what the collector refused before it had an offset. `at` is UTC milliseconds.
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
