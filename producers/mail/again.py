"""What a mail provider said and nobody could read, read once more by this release.

Its proof held when it came and is not asked for again. A `door` names the provider: `mail/postmark`.
"""

from collections.abc import Sequence

from producers.errors import Unmappable
from producers.mail.providers.reading import MailReading
from producers.mail.providers.registry import PROVIDERS
from schemas.rejected import MAIL_DOOR, Rejected
from schemas.touches import MailEvent

__all__ = ["events_again"]


def events_again(record: Rejected, reading: MailReading) -> Sequence[MailEvent]:
    """What it says, as of the time at which it came: `reading` has it. Raises Unmappable and Refused."""
    name = (record.door or "").removeprefix(MAIL_DOOR)
    provider = PROVIDERS.get(name)
    if provider is None:
        raise Unmappable(f"{name}: no mail provider of this release")
    return provider.events_of(record.raw, reading).whole()
