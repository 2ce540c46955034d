"""May a mail go to this person now, and if not, why not and until when: the one answer for every sender.

Each reason stands in its order; a mail may go where there is none. It is answered from a card, which shows what had
happened by then, so it fails closed: no card, or one that may be old, is a no. Times are UTC milliseconds.
"""

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from schemas.activity import Trait
from schemas.cards import LeadCard
from streams.core.days import HOUR_MS
from streams.core.lead.view import consents
from streams.core.rules import Rules
from streams.core.stage.stages import stages_in

__all__ = ["NOT_MAILED", "Code", "MailAnswer", "No", "Purpose", "may_mail"]

Purpose: TypeAlias = Literal["marketing", "transactional"]
Code: TypeAlias = Literal[
    "unknown_lead", "old_card", "merged", "no_address", "dead_end", "bounced", "complained", "unsubscribed",
    "no_consent", "hold", "pause", "frequency",
]  # fmt: skip
FRESH_MS: Final = 60_000
ONE_IN_MS: Final = 48 * HOUR_MS
PAUSED_FROM: Final = "meeting"  # and whatever lies beyond it on the way: sales talk to them
# What stops a mail that somebody asked for, such as a receipt.
TRANSACTIONAL: Final = frozenset({"unknown_lead", "old_card", "merged", "no_address", "bounced", "complained"})
NOT_MAILED: Final[dict[Code, str]] = {
    "unknown_lead": "Nobody is known by this id.",
    "old_card": "What is known here may be old, so nothing may go out.",
    "merged": "This is another person now: ask for that one.",
    "no_address": "No e-mail address is known.",
    "dead_end": "Set aside as no buyer.",
    "bounced": "The address does not exist: a mail came back for good.",
    "complained": "They marked a mail of ours as spam.",
    "unsubscribed": "They unsubscribed.",
    "no_consent": "Consent to marketing is not there.",
    "hold": "A hold lasts: no marketing mail.",
    "pause": "Sales talk to them, so marketing waits.",
    "frequency": "They had a mail less than 48 hours ago.",
}
ORDER: Final = {code: place for place, code in enumerate(NOT_MAILED)}


class No(Struct, frozen=True):
    """One reason. `until` None: until somebody does something about it. `since`: when it began, where that is known."""

    code: Code
    until: int | None = None
    since: int | None = None


class MailAnswer(Struct, frozen=True):
    """Whether a mail may go, with every reason against it, the first of which a sender is told."""

    purpose: Purpose
    reasons: tuple[No, ...] = ()

    @property
    def may(self) -> bool:
        """Nothing is against it."""
        return not self.reasons

    @property
    def until(self) -> int | None:
        """When it may go at last, if nothing happens until then; None where that takes more than time."""
        ends = [one.until for one in self.reasons]
        return max((end for end in ends if end is not None), default=None) if None not in ends else None


def may_mail(
    card: LeadCard | None, *, now: int, behind_ms: int | None, rules: Rules, purpose: Purpose = "marketing"
) -> MailAnswer:
    """The answer for one person. `behind_ms`: how old what is shown may be, None = nobody knows."""
    if card is None:
        return MailAnswer(purpose, (No("unknown_lead"),))
    found = (*_of_the_card(card, behind_ms), *_of_the_mails(card), *_of_the_journey(card, now, rules))
    asked = found if purpose == "marketing" else tuple(one for one in found if one.code in TRANSACTIONAL)
    return MailAnswer(purpose, tuple(sorted(asked, key=lambda one: ORDER[one.code])))


def _of_the_card(card: LeadCard, behind_ms: int | None) -> Iterator[No]:
    if behind_ms is None or behind_ms > FRESH_MS:
        yield No("old_card")
    if card.merged_into:
        yield No("merged")
    elif not card.email:
        yield No("no_address")


def _of_the_mails(card: LeadCard) -> Iterator[No]:
    flags = card.mail
    if flags is None:
        return
    said: tuple[tuple[Code, int | None], ...] = (
        ("bounced", flags.bounced_at), ("complained", flags.complained_at), ("unsubscribed", flags.unsubscribed_at)
    )  # fmt: skip
    yield from (No(code, since=at) for code, at in said if at is not None)


def _of_the_journey(card: LeadCard, now: int, rules: Rules) -> Iterator[No]:
    stages = stages_in(rules)
    if stages.is_of(card.stage, "closing"):
        yield No("dead_end", since=card.stage_since)
    if not consents({name: Trait(0, value) for name, value in card.traits.items()}, rules.stages.consent):
        yield No("no_consent")
    if card.mail_stop_until is not None and card.mail_stop_until > now:
        yield No("hold", card.mail_stop_until)
    if stages.rank(card.stage) >= stages.rank(PAUSED_FROM) > 0:
        yield No("pause", since=card.stage_since)
    mailed_at = None if card.mail is None else card.mail.mailed_at
    if mailed_at is not None and now < mailed_at + ONE_IN_MS:
        yield No("frequency", mailed_at + ONE_IN_MS, mailed_at)
