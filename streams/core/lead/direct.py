"""What comes to a lead's row directly and from nobody's row: mail events, confirmations of clicks, orders of void."""

from collections.abc import Sequence
from typing import TypeAlias

from msgspec.structs import replace

from schemas.touches import Confirmation, MailEvent, VoidOrder
from streams.core.activity.voids import kept_voids, void_of
from streams.core.lead.row import Lead
from streams.core.mail.kept import heard_mail
from streams.core.rules import Rules

__all__ = ["Direct", "with_direct"]

Direct: TypeAlias = MailEvent | Confirmation | VoidOrder


def with_direct(row: Lead, messages: Sequence[Direct], rules: Rules) -> Lead:
    """The row with what came directly; orders of void that are too old by its `as_of` go. Raises UnknownDecision."""
    if not messages and not row.voids:
        return row
    mails = [one for one in messages if not isinstance(one, VoidOrder)]
    voids = [void_of(one) for one in messages if isinstance(one, VoidOrder)]
    return replace(
        row,
        mail=heard_mail(row.mail, mails, rules) if mails else row.mail,
        voids=kept_voids((*row.voids, *voids), as_of=row.as_of),
    )
