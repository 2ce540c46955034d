"""What is remembered of the mails to one lead: the joinable shape that its row keeps, and that a forward carries.

Times are UTC milliseconds. `streams/core/mail/kept.py` says what is kept.
"""

from typing import NamedTuple

from msgspec import Struct

from schemas.activity import Hits

__all__ = ["NO_MAIL", "Click", "Confirmed", "Mail", "Mark"]


class Click(NamedTuple):
    """One link of one message was fetched, by whomever. Sorting clicks sorts by freshness.

    `agent` is a hash of the user agent, 0 for none; `sign` names what proves a machine ("" = nothing does).
    """

    at: int
    hit_id: int
    message_id: str
    link: str
    click_id: str = ""
    visitor_id: str = ""
    sign: str = ""
    ip: str = ""
    agent: int = 0


class Confirmed(NamedTuple):
    """A page with a click's id was looked at by somebody, from `at` on."""

    at: int
    click_id: str
    visitor_id: str
    dwell_ms: int
    interactions: int


class Mark(NamedTuple):
    """Something became of a message at `at`; `message` is a hash of its id."""

    at: int
    message: int


class Mail(Struct, frozen=True, array_like=True):
    """All that is kept of the mails to one lead, freshest first everywhere.

    `traps` are fetches of links that people do not see; `marks` by kind (`sent`, `delivered`, `opened` ...); `hits` by
    rule, as in an activity: those whose points need no verdict.
    """

    clicks: tuple[Click, ...] = ()
    confirmations: tuple[Confirmed, ...] = ()
    traps: tuple[Click, ...] = ()
    marks: dict[str, tuple[Mark, ...]] = {}
    hits: dict[str, Hits] = {}


NO_MAIL = Mail()
