"""What an account keeps of erased people: nothing. Alerts lose them too, closed ones as well: the one late change."""

from collections.abc import Collection

from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertCard, MemberCard
from schemas.deals import DealFacts
from schemas.ids import Naming
from schemas.signals import Member
from streams.core.account.row import Account, Episode
from streams.core.deal.people import facts_without
from streams.core.parts import Part, live
from streams.core.rules import Rules

__all__ = ["without_erased"]


def without_erased(row: Account, *, version: Version, rules: Rules) -> Account:
    """The row without those whom it knows to be erased; the same object where nothing of them is left.

    An alert that named one of them is new at `version`. Of its pages only those stay that somebody else is known to
    have read.
    """
    erased = row.erased
    if not erased:
        return row
    read = {page.hit_id for who, one in live(row.members).items() if who not in erased for page in one.pages}
    episodes = tuple(
        _scrubbed(one, row, read=read, version=version, naming=rules.naming) for one in row.episodes
    )
    after = replace(
        row,
        members=_silent(row.members, erased),
        rest={who: part for who, part in row.rest.items() if who not in erased},
        deals={key: _without_people(part, erased) for key, part in row.deals.items()},
        announced={who: at for who, at in row.announced.items() if who not in erased},
        left_out={who: until for who, until in row.left_out.items() if who not in erased},
        episodes=episodes,
    )
    return row if after == row else after


def _silent(members: dict[str, Part[Member]], erased: Collection[str]) -> dict[str, Part[Member]]:
    return {who: Part(part.version, part.as_of, None) if who in erased else part for who, part in members.items()}


def _without_people(part: Part[DealFacts], erased: Collection[str]) -> Part[DealFacts]:
    body = None if part.body is None else facts_without(part.body, erased)
    return part if body is part.body else replace(part, body=body)


def _scrubbed(
    episode: Episode, row: Account, *, read: Collection[int], version: Version, naming: Naming
) -> Episode:
    card, deal, erased = episode.card, facts_without(episode.card.deal, row.erased), row.erased
    named = any(one.lead_id in erased for one in card.people)
    people = tuple(_nameless(one, erased, naming) for one in card.people if one.lead_id not in erased)
    if deal is card.deal and people == card.people:
        return episode
    told: AlertCard = replace(
        card,
        version=version,
        as_of=row.as_of,
        updates=card.updates + 1,  # readers see a difference: what they were told is edited
        deal=deal,
        people=people,
        pages=tuple(page for page in card.pages if page.hit_id in read) if named else card.pages,
        talking_point="" if named else card.talking_point,
    )
    return replace(episode, card=told, scrubbed_by=version)


def _nameless(person: MemberCard, erased: Collection[str], naming: Naming) -> MemberCard:
    """Somebody who was taken for one of them then, and showed their name and address."""
    addresses = {one for one in (person.email, person.name) if "@" in one}
    if not any(naming.lead_of_email(one) in erased for one in addresses):
        return person
    return replace(person, name="", email="", title="")
