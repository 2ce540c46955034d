"""Whom a program asks about: somebody by lead_id, e-mail or user id, and how old is what is known. Raises Refused.

E-mails travel in bodies only, so they stand in no log of addresses.
"""

from typing import Annotated, Final

from msgspec import Meta, Struct

from schemas.cards import LeadCard
from schemas.ids import normalised_email
from streams.console.api.problems import Refused
from streams.console.desk import Desk
from streams.core.rules import Rules, RulesError

__all__ = ["Whom", "behind_ms", "card_of", "lead_id_of", "rules_of"]

MOST_MERGES: Final = 8
Id = Annotated[str, Meta(max_length=400)]


class Whom(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the three. `user_id` as your site sends it with `identify`."""

    lead_id: Id = ""
    email: Id = ""
    user_id: Id = ""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if sum(map(bool, (self.lead_id, self.email, self.user_id))) != 1:
            raise ValueError("say exactly one of lead_id, email and user_id")


def rules_of(desk: Desk) -> Rules:
    """The rules that the console runs with."""
    try:
        return desk.sight.known.in_force()
    except RulesError as error:
        said = f"The rules cannot be read where the console runs: {error}. Mend them: leadstream rules check."
        raise Refused(503, "rules-unreadable", said, headers={"retry-after": "60"}) from error


def lead_id_of(whom: Whom, rules: Rules) -> str:
    """Which lead that is, whether or not it is known."""
    if whom.lead_id:
        return whom.lead_id
    if whom.user_id:
        return rules.naming.lead_of_user(whom.user_id.strip())
    email = normalised_email(whom.email)
    if email is None:
        raise Refused(400, "bad-body", "`email` is no address.")
    return rules.naming.lead_of_email(email)


async def card_of(desk: Desk, lead_id: str) -> LeadCard | None:
    """The card; of a lead that turned out to be another, that one's. Raises ReadModelAway."""
    card = await desk.reader.lead(lead_id)
    for _ in range(MOST_MERGES):
        if card is None or not card.merged_into:
            return card
        card = await desk.reader.lead(card.merged_into)
    return None


async def behind_ms(desk: Desk) -> int | None:
    """How old the cards may be; None where nobody knows, and while Redis is being filled. Raises ReadModelAway."""
    fresh = await desk.reader.freshness()
    return None if fresh.beat is None or fresh.filling.parts else max(0, desk.now() - fresh.beat)
