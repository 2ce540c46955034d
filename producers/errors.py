"""Errors of the producers.

ProducerError
├── BadFile             a file that cannot be imported as a whole: its encoding, its header
├── ImportStopped       the collector refused or was away for too long; running it again goes on
├── BadLink             a mail link's token that is not ours, or too old; no key to sign one with
├── BadSettings         the environment or a file that it names; the process does not start
├── BadTarget           an address that no mail link may lead to
├── Refused             a request that we do not take: the sender's fault (`Refusal` -> status in collector/routes.py)
│   └── Limited         too much at once; says when there is room again
├── NotFetched          what a proof needs from Amazon is not there now: 503, the sender comes again
├── Unmappable          a CRM body or a row of a file that cannot be read: kept in `rejected`
└── SinkError           ours: 503, the sender comes again
    ├── SinkFull        our cap on outstanding bytes
    ├── SinkRefused     Kafka will never take this record
    ├── SinkUnavailable Kafka is away, or did not answer in time
    ├── SpoolFailed     Kafka is away, and the spool's disk fails
    └── SpoolFull       Kafka is away, and the spool or its disk is full
"""

from enum import StrEnum
from typing import ClassVar

__all__ = [
    "BadFile",
    "BadLink",
    "BadSettings",
    "BadTarget",
    "ImportStopped",
    "Limited",
    "NotFetched",
    "ProducerError",
    "Refusal",
    "Refused",
    "SinkError",
    "SinkFull",
    "SinkRefused",
    "SinkUnavailable",
    "SpoolFailed",
    "SpoolFull",
    "Unmappable",
]


class ProducerError(Exception):
    """Any error of this package."""


class BadFile(ProducerError):
    """One clear message: which line or column, and what to do."""


class BadLink(ProducerError):
    """No link of ours; the text says why, for us and not for whoever tried."""


class BadTarget(ProducerError):
    """One clear message: what is wrong with the address."""


class ImportStopped(ProducerError):
    """What was acknowledged until then is safe."""


class BadSettings(ProducerError):
    """One clear message: which variable or file, what is wrong, what to write instead."""


class Refusal(StrEnum):
    """Why a whole request is refused: a closed list, also the `reason` of the reply."""

    JSON = "json"  # not JSON after inflating, or not UTF-8
    DEPTH = "depth"  # nested beyond the parser
    GZIP = "gzip"  # broken or cut off
    MULTI_MEMBER = "multi_member"  # more than one gzip member
    ENCODING = "encoding"  # an encoding that we do not read
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many_events"
    PROOF = "proof"  # a webhook that does not prove who sent it
    NOT_SET_UP = "not_set_up"  # a source that this collector has no secret for
    XML = "xml"  # not XML, or XML that could harm
    KEY = "key"  # missing, unknown or revoked
    LEAKED_KEY = "server_key_in_browser"
    ORIGIN = "origin"
    SLOW = "slow"  # the body did not come in time
    CUT_OFF = "cut_off"  # the body ended before its end, or its chunks are malformed
    PIECES = "too_many_pieces"  # a body of crumbs
    FRAMING = "framing"  # two lengths of one body: whoever stands between might read another
    HEADERS = "headers_too_large"
    URL = "url_too_long"
    RATE = "rate"  # more events than this key or network may send
    CROWD = "crowd"  # more requests at once than one network may have


class Refused(ProducerError):
    """A request that is not taken, as a whole."""

    def __init__(self, reason: Refusal, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Limited(Refused):
    """Not now: `after_s` is when there is room again, in whole seconds; `by` says what limits (a metric's label)."""

    def __init__(self, reason: Refusal, detail: str, *, by: str, after_s: int) -> None:
        super().__init__(reason, detail)
        self.by = by
        self.after_s = after_s


class NotFetched(ProducerError):
    """An address of Amazon's gave no answer that can be used; the text names no address."""


class Unmappable(ProducerError):
    """A CRM body without what a deal needs; the text says which field."""


class SinkError(ProducerError):
    """What was sent to us is not safe. `reason` is a metric's label."""

    reason: ClassVar[str]


class SinkFull(SinkError):
    """More bytes wait to be safe than we may hold."""

    reason = "outstanding"


class SinkRefused(SinkError):
    """Kafka will never take this record: it is too long, or its partition does not exist."""

    reason = "refused"


class SinkUnavailable(SinkError):
    """Kafka is away, or did not acknowledge in time."""

    reason = "kafka"


class SpoolFailed(SinkError):
    """The spool's disk fails with something else than being full."""

    reason = "spool_failed"


class SpoolFull(SinkError):
    """The spool has reached its bytes or its age, or its disk has no space."""

    reason = "spool_full"
