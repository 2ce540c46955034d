"""What a lead's mails show at a time: clicks with their verdicts, and what became of the messages."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from schemas.activity import Milestone, Void
from schemas.cards import MailFlags
from schemas.mail import Mail
from streams.core.mail.verdict import Judged
from streams.core.rules import Rules

__all__ = ["SILENT", "MailView", "mail_view"]


class MailView(Struct, frozen=True):
    """`human_ats`: when a person clicked, freshest first. `settles_at`: when a pending click is young no longer.

    `refuted`: hit ids of clicks that are a machine's now, whatever they were before.
    """

    flags: MailFlags | None = None
    clicks: tuple[Judged, ...] = ()
    human_ats: tuple[int, ...] = ()
    settles_at: int | None = None
    refuted: frozenset[int] = frozenset()

    def milestones(self) -> tuple[Milestone, ...]:
        """That a person clicked is interest in us (that the lead is known, and was here, the view says)."""
        return (Milestone(self.human_ats[-1], "engaged", "engaged", "mail_click"),) if self.human_ats else ()


SILENT: Final = MailView()


def mail_view(mail: Mail, *, as_of: int, voids: Sequence[Void], rules: Rules) -> MailView:
    """What these mails show; the same object where there is nothing to show."""
    if not mail.clicks and not mail.marks:
        return SILENT
    void = {one.hit_id for one in voids}
    clicks = rules.scoring.judge.judged(mail, as_of=as_of)
    human = tuple(one.click.at for one in clicks if one.verdict == "human" and one.click.hit_id not in void)
    newest = {kind: found[0].at for kind, found in mail.marks.items() if found}
    left, back = newest.get("unsubscribed"), newest.get("subscribed")
    flags = MailFlags(
        mailed_at=max((newest[kind] for kind in ("sent", "delivered") if kind in newest), default=None),
        clicked_at=max(human, default=None),
        bounced_at=newest.get("bounced"),
        complained_at=newest.get("complained"),
        unsubscribed_at=left if left is not None and (back is None or left >= back) else None,
    )
    return MailView(
        flags,
        clicks,
        human,
        min((one.settles_at for one in clicks if one.settles_at is not None), default=None),
        frozenset(one.click.hit_id for one in clicks if one.verdict == "machine"),
    )
