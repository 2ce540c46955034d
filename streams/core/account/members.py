"""Who belongs to an account's row, within bounds: leads, and anonymous visitors of its networks.

Of leads the 64 most recently active are kept whole. Of up to 192 more only what the roll-up needs is kept, in a part of
each lead's own, so that nobody ever counts twice; such a lead is whole again when it says something new. Who finds no
place there either is let go.
"""

from typing import Final

from msgspec.structs import replace

from schemas.signals import Member
from streams.core.account.row import Account, Rest
from streams.core.parts import Part, newest
from streams.core.rules import Rules

__all__ = ["active_at", "human_at", "with_members", "with_networks"]

MAX_MEMBERS: Final = 64
MAX_REST: Final = 192
MAX_NETWORKS: Final = 16
MAX_WITHDRAWN: Final = 64


def with_members(row: Account, said: list[tuple[str, Part[Member]]], *, rules: Rules) -> Account:
    """The row with the newest standing of each lead; the same object where nothing was said."""
    if not said:
        return row
    said = [(who, part) for who, part in said if not _is_older(part, row.rest.get(who))]
    members = newest(row.members, said, stale=lambda member: member.rules_version != rules.version)
    whole = _most_active(members, most=MAX_MEMBERS)
    if whole is members and not row.rest:
        return replace(row, members=members)
    rest = {who: part for who, part in row.rest.items() if who not in members}
    rest |= {
        who: Part(part.version, part.as_of, _rest_of(part.body))
        for who, part in members.items()
        if part.body is not None and who not in whole
    }
    return replace(row, members=whole, rest=_bounded_rest(rest))


def with_networks(row: Account, said: list[tuple[str, Part[Member]]], *, rules: Rules) -> Account:
    """The row with the newest standing of each anonymous visitor of its networks."""
    if not said:
        return row
    networks = newest(row.networks, said, stale=lambda member: member.rules_version != rules.version)
    return replace(row, networks=_most_active(networks, most=MAX_NETWORKS))


def active_at(member: Member) -> int:
    """The freshest day with any page, 0 for none."""
    return member.days[0].at if member.days else 0


def human_at(member: Member) -> int:
    """The freshest human hit, 0 for none."""
    for day in member.days:
        if day.active:
            return day.at
    return 0


def _is_older(part: Part[Member], held: Part[Rest] | None) -> bool:
    return held is not None and (part.version, part.as_of) < (held.version, held.as_of)


def _most_active(members: dict[str, Part[Member]], *, most: int) -> dict[str, Part[Member]]:
    """The most recently active, and of those that withdrew the 64 newest; the same object where nobody has to go."""
    gone = [(part.version, who) for who, part in members.items() if part.body is None]
    if len(members) - len(gone) <= most and len(gone) <= MAX_WITHDRAWN:
        return members
    standing = [(active_at(part.body), who) for who, part in members.items() if part.body is not None]
    kept = {who for _, who in sorted(standing, reverse=True)[:most]}
    kept |= {who for _, who in sorted(gone, reverse=True)[:MAX_WITHDRAWN]}
    return {who: part for who, part in members.items() if who in kept}


def _rest_of(member: Member) -> Rest:
    return Rest(
        stage=member.stage,
        counts=not member.dead_end and not member.silenced,
        engagement_tenths=member.engagement_tenths,
        fit=member.fit,
        fit_company=member.fit_company,
        active_at=active_at(member),
        human_at=human_at(member),
    )


def _bounded_rest(rest: dict[str, Part[Rest]]) -> dict[str, Part[Rest]]:
    standing = [(part.body.active_at, who) for who, part in rest.items() if part.body is not None]
    return {who: rest[who] for who in sorted(who for _, who in sorted(standing, reverse=True)[:MAX_REST])}
