"""What one event of a provider says, in our words: whose it is, when it was, and of which message."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from producers.crm.values import text_of, time_of
from producers.errors import Unmappable
from schemas.ids import Naming, normalised_email
from schemas.touches import MailEvent, MailKind

__all__ = [
    "LEAD", "MESSAGE", "MailReading", "is_own_link", "message_of", "object_of", "recipients_of", "told_of",
]  # fmt: skip

# What a sender tells its provider beside a mail, so that its events name lead and message as our links do.
LEAD: Final = "leadstream_lead"
MESSAGE: Final = "leadstream_message"
MAX_LINK: Final = 2_000
_OF_A_PERSON: Final = frozenset({"bounced", "complained", "subscribed", "unsubscribed"})
_LEAD_ID: Final = re.compile(r"[0-9a-f]{32}")
_OWN: Final = re.compile(r"https?://[^/?#]+/m/[cu]/[A-Za-z0-9_-]{1,16}\.")


class MailReading(Struct, frozen=True, kw_only=True):
    """With what a body is read. `received_at` is UTC milliseconds; `shorten` takes a person out of an address."""

    naming: Naming
    received_at: int
    shorten: Callable[[str | None], str | None]

    def lead_of(self, email: Any, *, said: Any = "") -> str:
        """The lead that a sender named, else that of the address. Raises Unmappable."""
        named = text_of(said)
        if _LEAD_ID.fullmatch(named):
            return named
        address = normalised_email(text_of(email))
        if address is None:
            raise Unmappable("recipient: not an address")
        return self.naming.lead_of_email(address)

    def at(self, value: Any, field: str) -> int:
        """A provider's time, never later than now; now without one. Raises Unmappable."""
        at = time_of(value, field)
        return self.received_at if at is None else min(at, self.received_at)


def told_of(event: MailEvent, reading: MailReading, *, link: Any = "", ip: Any = "", agent: Any = "") -> MailEvent:
    """The same with who fetched it, as far as the provider says."""
    return replace(
        event, link=text_of(link, most=MAX_LINK), ip=reading.shorten(text_of(ip)) or "", user_agent=text_of(agent)
    )


def is_own_link(link: Any) -> bool:
    """Whether a link that a provider wrapped leads to our own: then our redirect tells of the click."""
    return isinstance(link, str) and _OWN.match(link) is not None


def message_of(kind: MailKind, *said: Any, field: str) -> str:
    """The first that names the message; "" where none does and the event is of a person. Raises Unmappable else."""
    found = next((text for one in said if (text := text_of(one))), "")
    if not found and kind not in _OF_A_PERSON:
        raise Unmappable(f"{field}: nothing there")
    return found


def object_of(value: Any, field: str) -> Mapping[str, Any]:
    """Raises Unmappable."""
    if not isinstance(value, dict):
        raise Unmappable(f"{field}: no JSON object")
    return value


def recipients_of(value: Any, field: str) -> Sequence[str]:
    """Addresses, or objects with an `emailAddress`. Raises Unmappable for none."""
    listed = value if isinstance(value, list) else []
    found = [one.get("emailAddress") if isinstance(one, dict) else one for one in listed]
    if not found:
        raise Unmappable(f"{field}: nobody there")
    return [text_of(one) for one in found]
