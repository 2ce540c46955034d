"""What a browser's row keeps of erased leads: that they were there, and when. Nothing of what was done in their time.

Claims go on to divide the time, so whoever else used the browser keeps their own, and nothing falls to somebody else.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from schemas.activity import Activity, Claim, Trait
from streams.core.activity.spare import Spare
from streams.core.effects import Effects
from streams.core.events.facts import Facts, Link, Ordered
from streams.core.rules import Rules
from streams.core.visitor.identity import Timeline, named_leads, owner_at, timeline_of

__all__ = ["erased_by", "passed_over", "without_erased"]


class _Claimed(Protocol):
    """What is asked of a visitor's row."""

    @property
    def claims(self) -> tuple[Claim, ...]: ...
    @property
    def links(self) -> tuple[Link, ...]: ...
    @property
    def erased(self) -> tuple[str, ...]: ...


def erased_by(held: tuple[str, ...], said: Iterable[Ordered]) -> tuple[str, ...]:
    """The leads that are forgotten, after these orders: nothing takes one back."""
    return tuple(sorted({*held, *(one.lead_id for one in said if one.kind == "erase")}))


def without_erased(
    by_lead: Mapping[str, Activity], spare: Spare, row: _Claimed, *, timeline: Timeline, rules: Rules
) -> tuple[dict[str, Activity], Spare]:
    """What is left of a divided browser.

    Traits that came with a claim of theirs go even where it counts for nothing, and so does their address wherever it
    stands.
    """
    times = {one.at for one in row.claims if not set(row.erased).isdisjoint(_spoken_of(one, row.links))}

    def is_theirs(at: int) -> bool:
        return at in times or owner_at(timeline, at) in row.erased

    def names_them(name: str, value: str) -> bool:
        return name == "email" and rules.naming.lead_of_email(value) in row.erased

    def kept(traits: Mapping[str, Trait]) -> dict[str, Trait]:
        return {name: one for name, one in traits.items() if one.at not in times and not names_them(name, one.value)}

    return (
        {
            lead_id: replace(one, traits=kept(one.traits))
            for lead_id, one in by_lead.items() if lead_id not in row.erased
        },
        Spare(
            tuple(one for one in spare.hits if not is_theirs(one.at)),
            tuple(one for one in spare.pages if not is_theirs(one.at)),
            tuple(one for one in spare.traits if not is_theirs(one.at) and not names_them(one.name, one.value)),
        ),
    )  # fmt: skip


def passed_over(
    effects: Effects, messages: Sequence[Facts], timeline: Timeline, *, erased: tuple[str, ...]
) -> Effects:
    """The effects, with how many of the messages happened in the time of somebody who is erased."""
    if not erased:
        return effects
    count = sum(not one.orders and owner_at(timeline, one.at) in erased for one in messages)
    return replace(effects, passed_over=count) if count else effects


def _spoken_of(claim: Claim, links: Sequence[Link]) -> set[str]:
    """The leads that a claim speaks of: by itself, and by what links make of it."""
    return {span.lead_id for span in timeline_of((claim,), links)} | named_leads((claim,), ())
