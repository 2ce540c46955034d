"""Which audiences a lead entered and left: decided by its row, once, numbered as its moves are.

A change is announced when the row remembers it, and told again with the same number where its message comes again. New
rules announce nothing: who is in or out by them alone is remembered, silently. So is who enters with an import of the
past. Who leaves is told of, however they came in. Times are UTC milliseconds.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import Membership
from streams.core.lead.moves import stage_now
from streams.core.lead.new_rules import news_in
from streams.core.lead.row import AudienceMove, Lead
from streams.core.lead.view import MERGED, LeadView, view_of
from streams.core.news import is_news
from streams.core.rules import Rules
from streams.core.score.scoring import falls_below
from streams.core.segment.segments import TRAIT, Fields

__all__ = ["MAX_MOVES", "all_left", "card_fields", "falls_at", "memberships", "sorted_in"]

MAX_MOVES: Final = 16  # that are kept, beside the newest of each audience that it is in


def sorted_in(
    key: str, before: Lead | None, row: Lead, *, heard: Lead, view: LeadView, sub_stage: str, version: Version,
    rules: Rules,
) -> Lead:  # fmt: skip
    """The row with what it enters and leaves now. `heard`: as it was before this fold decided anything."""
    held, now = _in(row), _names(row, view, sub_stage, rules=rules)
    if held == now:
        return row
    silent = _by_rules(key, before, heard, held=held, now=now, rules=rules)
    is_told = before is not None and not news_in(before, heard)  # only time went by
    is_told = is_told or is_news(_freshest(row, view), as_of=row.as_of)
    moves = row.audience_moves
    for number, name in enumerate(sorted(held ^ now), _next_number(row)):
        told = name in rules.audiences.heard and name not in silent and (name in held or is_told)
        moves = (AudienceMove(number, name, name in now, row.as_of, version, told), *moves)
    return replace(row, audience_moves=_kept(moves, version))


def all_left(row: Lead, *, version: Version, rules: Rules) -> tuple[AudienceMove, ...]:
    """The moves of a row that is erased: it leaves every audience, and whoever follows one is told."""
    left = tuple(
        AudienceMove(number, name, False, row.as_of, version, name in rules.audiences.heard)
        for number, name in enumerate(sorted(_in(row)), _next_number(row))
    )
    return (*reversed(left), *row.audience_moves)


def memberships(row: Lead) -> tuple[Membership, ...]:
    """The newest change of each audience, newest first."""
    return tuple(
        Membership(audience=one.audience, is_in=one.is_in, at=one.at, number=one.number, version=one.version)
        for one in _newest(row.audience_moves)
    )


def falls_at(view: LeadView, rules: Rules) -> int | None:
    """When the score first falls below what an audience asks for, without new events: the nearest of those below it."""
    at = bisect_right(rules.audiences.falls_tenths, view.scored.total_tenths)
    return falls_below(view.scored, threshold_tenths=rules.audiences.falls_tenths[at - 1]) if at else None


def card_fields(view: LeadView, *, stage: str, sub_stage: str) -> Fields:
    """All that a predicate of an audience may ask for; each is looked up when it is asked for."""

    def field(name: str) -> Iterable[str]:
        if name == "stage":
            return (stage,)
        if name == "sub_stage":
            return (sub_stage,) if sub_stage else ()
        found = _OF_VIEW.get(name)
        if found is not None:
            return found(view)
        trait = view.traits.get(name.removeprefix(TRAIT))
        return (trait.value,) if trait is not None and trait.value else ()

    return field


def _points(tenths: int) -> str:
    """Below zero there is nothing to tell apart."""
    return str(max(0, tenths) / 10)


_OF_VIEW: Final[Mapping[str, Callable[[LeadView], Iterable[str]]]] = {
    "account": lambda view: (view.account_id,) if view.account_id else (),
    "deal": lambda view: [deal.status for deal in view.deals],
    "engagement": lambda view: (_points(view.scored.engagement_tenths),),
    "fit": lambda view: (str(max(0, view.scored.fit)),),
    "grade": lambda view: (view.scored.grade,),
    "page_kind": lambda view: {page.kind for page in view.activity.pages},
    "topic": lambda view: view.seen.answers,
    "lost_reason": lambda view: [deal.lost_reason for deal in view.deals if deal.lost_reason],
    "score": lambda view: (_points(view.scored.total_tenths),),
    "segment": lambda view: (view.segment,),
    "trust": lambda view: (view.trust,),
}


def _names(row: Lead, view: LeadView, sub_stage: str, *, rules: Rules) -> frozenset[str]:
    """A lead without a card is in none, nor is one that turned out to be another."""
    if not row.moves or row.stage == MERGED or view.pointing.merged_into:
        return frozenset()
    return rules.audiences.of(card_fields(view, stage=row.stage, sub_stage=sub_stage))


def _by_rules(
    key: str, before: Lead | None, heard: Lead, *, held: frozenset[str], now: frozenset[str], rules: Rules
) -> frozenset[str]:
    """Audiences that rules alone, other than those of the row before, let it enter or leave."""
    if before is None or before.rules_version == rules.version:
        return frozenset()
    if not news_in(before, heard):
        return held ^ now
    view = view_of(key, before, rules)
    return held ^ _names(before, view, stage_now(before, view, rules).sub_stage, rules=rules)


def _in(row: Lead) -> frozenset[str]:
    return frozenset(one.audience for one in _newest(row.audience_moves) if one.is_in)


def _newest(moves: Iterable[AudienceMove]) -> Iterator[AudienceMove]:
    """The newest of each audience. `moves` newest first."""
    seen: set[str] = set()
    for one in moves:
        if one.audience not in seen:
            seen.add(one.audience)
            yield one


def _next_number(row: Lead) -> int:
    return max((one.number for one in row.audience_moves), default=0) + 1


def _kept(moves: tuple[AudienceMove, ...], version: Version) -> tuple[AudienceMove, ...]:
    """Those of `version` are announced yet."""
    if len(moves) <= MAX_MOVES:
        return moves
    inside = {one.number for one in _newest(moves) if one.is_in}
    return tuple(
        one for place, one in enumerate(moves)
        if place < MAX_MOVES or one.number in inside or one.version == version
    )  # fmt: skip


def _freshest(row: Lead, view: LeadView) -> int:
    """When the freshest of all that is known happened."""
    times = [view.known_at or 0, *(move.effective_at for move in row.moves[:1])]
    times += [page.at for page in view.seen.pages[:1]]
    times += [one.at for one in view.milestones]
    times += [hits[0].at for hits in view.activity.hits.values() if hits]
    times += [trait.at for trait in view.traits.values()]
    return max(times)
