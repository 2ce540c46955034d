"""What new rules do to a lead that nothing happens to: its score changes, and nothing is announced.

A move is theirs alone if the new rules lead there at the time that the row last knew; what only time brings beyond
that (a hold that ends meanwhile) moves the lead as ever. The next thing that happens moves it as the rules then say,
but a visit takes nobody back on the way because of them: only what people decide, or what is withdrawn, does.
Who crosses the threshold by new rules alone is listed for a person to review. Times are UTC milliseconds.
"""

from typing import Final, Literal

from msgspec.structs import replace

from schemas.activity import Milestone, Version
from schemas.cards import RulesCrossing
from schemas.mail import NO_MAIL
from streams.core.days import DAY_MS
from streams.core.lead.moves import stage_now
from streams.core.lead.qualified import is_enough
from streams.core.lead.row import Lead
from streams.core.lead.view import LeadView, view_of
from streams.core.parts import live
from streams.core.rules import Rules
from streams.core.stage.stages import StageNow, stages_in

__all__ = ["crossed", "held_back", "listed", "listed_until", "news_in"]

REVIEW_MS: Final = 14 * DAY_MS
NEVER: Final = Version(0, 0)


def held_back(key: str, before: Lead, heard: Lead, *, stage: StageNow, rules: Rules) -> str:
    """The stage that rules alone lead to, so that this fold announces no move; "" where it may."""
    if before.rules_version == rules.version and not before.held_back:
        return ""
    aside = before.held_back
    if before.rules_version != rules.version:
        aside = stage_now(before, view_of(key, before, rules), rules).stage
    if stage.stage != aside or aside == before.stage:
        return ""
    news = news_in(before, heard)
    back_on_the_way = 0 < stages_in(rules).rank(aside) < stages_in(rules).rank(before.stage)
    return aside if not news or (news == "did" and back_on_the_way) else ""


def crossed(
    before: Lead | None, row: Lead, view: LeadView, *, setback: Milestone | None, rules: Rules
) -> RulesCrossing | None:
    """That new rules alone lifted the score over the threshold; None once the lead stands further, or too low."""
    if row.stage not in rules.stages.qualified.leaves:
        return None
    if before is None or before.rules_version == rules.version:
        return row.crossed
    if not is_enough(view, setback, rules):
        return None
    return row.crossed or RulesCrossing(
        version=rules.version, at=row.as_of, total_tenths=view.scored.total_tenths
    )  # fmt: skip


def listed(row: Lead) -> RulesCrossing | None:
    """The crossing while it is on the review list."""
    ends = listed_until(row)
    return row.crossed if ends is not None and row.as_of < ends else None


def listed_until(row: Lead) -> int | None:
    """When the crossing leaves the review list, None without one."""
    return None if row.crossed is None else row.crossed.at + REVIEW_MS


def news_in(before: Lead, heard: Lead) -> Literal["", "did", "decided"]:
    """What was heard but the time, and sources that say the same again: that the person did something, or more."""
    if _rest(heard) != _rest(before) or live(heard.deals) != live(before.deals):
        return "decided"
    held = live(before.sources) | live(before.absorbed)
    now = live(heard.sources) | live(heard.absorbed)
    if held == now and heard.mail == before.mail:
        return ""
    return "did" if held.keys() <= now.keys() else "decided"


def _rest(row: Lead) -> Lead:
    return replace(row, version=NEVER, as_of=0, sources={}, absorbed={}, deals={}, mail=NO_MAIL)
