"""One lead, or one account, by two sets of rules at one time: what differs, and in which lines. It decides nothing.

A row holds what happened as the rules of then understood it (which page was of which kind, which rule a form hit):
other points, half-lives, limits and thresholds are applied to that exactly; what `streams/core/rulebook/past.py` names
is not known.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.cards import AlertLevel, ReturnStrength, ScoreLine
from streams.core.account import view as account_view
from streams.core.account.row import Account
from streams.core.lead import view as lead_view
from streams.core.lead.moves import stage_now
from streams.core.lead.qualified import is_enough
from streams.core.lead.row import Lead
from streams.core.rules import Rules

__all__ = ["AccountByTwo", "LeadByTwo", "LineByTwo", "account_by_two", "lead_by_two", "seen_by_two"]

MOST_LINES: Final = 8


class LineByTwo(Struct, frozen=True, kw_only=True):
    """One line of a score (tenths) or of R, by both."""

    label: str
    was: int
    is_now: int


class LeadByTwo(Struct, frozen=True, kw_only=True):
    """Scores in tenths. `was_above`, `is_above`: the score qualifies it, by all that T3 asks.

    `was_stage`, `is_stage`: where the rules alone would put it; a publication moves nobody there by itself.
    """

    lead_id: str
    name: str
    stage: str
    was: int
    is_now: int
    was_above: bool
    is_above: bool
    was_stage: str
    is_stage: str
    lines: tuple[LineByTwo, ...]

    @property
    def changes_side(self) -> bool:
        """Whether it is above by one of them only."""
        return self.was_above != self.is_above


class AccountByTwo(Struct, frozen=True, kw_only=True):
    """How strongly a lost deal's account is back. Levels None: below the digest, or no candidate."""

    account_id: str
    name: str
    was: int
    is_now: int
    was_level: AlertLevel | None
    is_level: AlertLevel | None
    lines: tuple[LineByTwo, ...]

    @property
    def differs(self) -> bool:
        """Whether other people would be told, or otherwise."""
        return self.was_level != self.is_level


def seen_by_two(
    key: str, row: Lead, both: tuple[Rules, Rules], *, now: int
) -> tuple[Lead, tuple[lead_view.LeadView, lead_view.LeadView]]:
    """The row at `now`, and what each of them sees in it. `both`: A and B."""
    row = replace(row, as_of=max(now, row.as_of))
    return row, (lead_view.view_of(key, row, both[0]), lead_view.view_of(key, row, both[1]))


def lead_by_two(
    key: str, row: Lead, both: tuple[Rules, Rules], *, views: tuple[lead_view.LeadView, lead_view.LeadView]
) -> LeadByTwo | None:
    """By what both see in it (`seen_by_two`). None for somebody who is another lead, or whom nobody knows."""
    if views[1].pointing.merged_into or views[1].known_at is None:
        return None
    (was, was_stage, was_above), (found, is_stage, is_above) = (
        _side(row, view, rules) for view, rules in zip(views, both, strict=True)
    )
    return LeadByTwo(
        lead_id=key, name=views[1].name or views[1].email, stage=row.stage, was=was, is_now=found, was_above=was_above,
        is_above=is_above, was_stage=was_stage, is_stage=is_stage,
        lines=_differing(_lines(views[0].scored.lines), _lines(views[1].scored.lines)),
    )  # fmt: skip


def account_by_two(key: str, row: Account, both: tuple[Rules, Rules], *, now: int) -> AccountByTwo | None:
    """None where neither watches for a return."""
    row = replace(row, as_of=max(now, row.as_of))
    views = [account_view.view_of(key, row, rules) for rules in both]
    was, found = (view.strength for view in views)
    if was is None and found is None:
        return None
    deal = views[1].deal or views[0].deal
    return AccountByTwo(
        account_id=key, name=deal.account_name if deal else key, was=was.strength if was else 0,
        is_now=found.strength if found else 0, was_level=was.level if was else None,
        is_level=found.level if found else None, lines=_differing(_signals(was), _signals(found)),
    )  # fmt: skip


def _side(row: Lead, view: lead_view.LeadView, rules: Rules) -> tuple[int, str, bool]:
    """Total, the stage that these rules lead to, and whether the score qualifies."""
    stage = stage_now(row, view, rules)
    return view.scored.total_tenths, stage.stage, is_enough(view, stage.setback, rules)


def _lines(lines: Iterable[ScoreLine]) -> dict[str, tuple[str, int]]:
    return {f"{one.kind} {one.name}": (one.label or one.name, one.tenths) for one in lines}


def _signals(strength: ReturnStrength | None) -> dict[str, tuple[str, int]]:
    return {} if strength is None else {one.signal: (one.label, one.strength) for one in strength.lines}


def _differing(
    before: Mapping[str, tuple[str, int]], after: Mapping[str, tuple[str, int]]
) -> tuple[LineByTwo, ...]:
    """What differs most comes first."""
    found = [
        LineByTwo(label=(after.get(name) or before[name])[0], was=before.get(name, ("", 0))[1],
                  is_now=after.get(name, ("", 0))[1])
        for name in {**before, **after}
    ]  # fmt: skip
    differing = [one for one in found if one.was != one.is_now]
    return tuple(sorted(differing, key=lambda one: (-abs(one.is_now - one.was), one.label))[:MOST_LINES])
