"""The score: the sum of the kept hits' faded points, with its explanation, line by line, in tenths."""

from collections.abc import Mapping
from math import floor
from typing import Final

from msgspec import Struct

from schemas.activity import Activity, Hit, Hits, Trait
from schemas.cards import FitLine, ScoredHit, ScoreLine
from streams.core import hits, pages
from streams.core.explain import reasons_down, reasons_up
from streams.core.fading import Fading, FadingRule, faded, tenths_of
from streams.core.fit import fit_of
from streams.core.rule_kinds import RULE_KINDS, Joined
from streams.core.rules import Rules
from streams.core.scoring_rules import Grade, ScoringRule

__all__ = ["BEFORE_EPOCH", "Scored", "falls_below", "score"]

BEFORE_EPOCH: Final = "before the lost deal"


class Scored(Struct, frozen=True, kw_only=True):
    """A score at one time. `lines` add up to `total_tenths` exactly."""

    as_of: int
    total_tenths: int
    engagement_tenths: int
    fit: int
    fit_company: int
    grade: str
    lines: tuple[ScoreLine, ...]
    fit_lines: tuple[FitLine, ...]
    up: tuple[str, ...]
    down: tuple[str, ...]
    fading: Fading


def score(
    joined: Mapping[str, Activity], *, traits: Mapping[str, Trait], as_of: int, epoch_at: int | None, rules: Rules
) -> Scored:
    """The score of one person at `as_of`, from what came through each `via`, by hits with `at <= as_of` only.

    Hits with `at <= epoch_at` are shown and give nothing.
    """
    points = rules.scoring
    together, vias = _together(joined, as_of=as_of, rules=rules)
    lines: list[ScoreLine] = []
    fading: list[FadingRule] = []
    for rule in points.rules.rule:
        kept = hits.latest_of_each(hits.freshest(RULE_KINDS[rule.kind](rule, together), points.keeps[rule.name]))
        if kept:
            lines.append(_line(rule, kept, vias=vias, as_of=as_of, epoch_at=epoch_at))
            live = tuple(hit[0] for hit in kept if epoch_at is None or hit[0] > epoch_at)
            fading.append(FadingRule(rule.points, rule.half_life_days, rule.group, live))
    lines += _caps(lines, points.caps)
    totals, fit_rules = points.rules.totals, points.rules.fit
    fit = fit_of(traits, fit_rules)
    least, most = round(10 * totals.engagement_least), round(10 * totals.engagement_most)
    engagement = _clamped(lines, sum(line.tenths for line in lines), name="engagement", least=least, most=most)
    fit_line = ScoreLine(kind="fit", name="fit", group="fit", tenths=10 * fit.points, label="Fit")
    lines.append(fit_line)
    fit_tenths = _clamped(lines, fit_line.tenths, name="fit", least=10 * fit_rules.least, most=10 * fit_rules.most)
    return Scored(
        as_of=as_of,
        total_tenths=engagement + fit_tenths,
        engagement_tenths=engagement,
        fit=fit_tenths // 10,
        fit_company=fit.company,
        grade=_grade(fit_tenths, totals.letters) + _grade(engagement, totals.digits),
        lines=tuple(lines),
        fit_lines=fit.lines,
        up=reasons_up(lines),
        down=reasons_down(lines),
        fading=Fading(as_of, tuple(fading), points.caps_tenths, least, most, fit_tenths),
    )


def falls_below(scored: Scored, *, threshold_tenths: int) -> int | None:
    """When this score falls below a threshold without new events (whole minute, UTC milliseconds).

    None if it is below already, or does not fall below within 90 days.
    """
    return scored.fading.falls_below(threshold_tenths)


def _together(
    joined: Mapping[str, Activity], *, as_of: int, rules: Rules
) -> tuple[Joined, Mapping[tuple[int, int], str]]:
    """All parts as one, and through which part each hit came (of several the first by name)."""
    by_rule: dict[str, list[Hit]] = {}
    vias: dict[tuple[int, int], str] = {}
    all_pages = []
    for via in sorted(joined):
        activity = joined[via]
        for name, kept in activity.hits.items():
            found = by_rule.setdefault(name, [])
            for hit in kept:
                if hit[0] <= as_of:
                    found.append(hit)
                    vias.setdefault(hit[:2], via)
        for page in activity.pages:
            if page[0] <= as_of:
                all_pages.append(page)
                vias.setdefault(page[:2], via)
    counted = pages.counted(all_pages, rules.scoring, rules.site)
    days = {day: tuple(Hit(page[0], page[1], page[2]) for page in of_day) for day, of_day in counted.items()}
    return Joined(by_rule, days, rules.scoring.pages.counted_a_day), vias


def _line(
    rule: ScoringRule, kept: Hits, *, vias: Mapping[tuple[int, int], str], as_of: int, epoch_at: int | None
) -> ScoreLine:
    shown: list[ScoredHit] = []
    given: list[float] = []
    for at, hit_id, what in kept:
        aside = BEFORE_EPOCH if epoch_at is not None and at <= epoch_at else ""
        gives = 0.0 if aside else faded(rule.points, age_ms=as_of - at, half_life_days=rule.half_life_days)
        given.append(gives)
        shown.append(
            ScoredHit(hit_id=hit_id, at=at, what=what, via=vias.get((at, hit_id), ""),
                      points_hundredths=floor(100 * gives + 0.5), set_aside=aside)
        )  # fmt: skip
    return ScoreLine(
        kind="rule", name=rule.name, group=rule.group, tenths=tenths_of(given), label=rule.label, keep=rule.keep,
        hits=tuple(shown),
    )  # fmt: skip


def _caps(lines: list[ScoreLine], caps: Mapping[str, float | None]) -> list[ScoreLine]:
    """What each group's cap takes away, as lines of their own."""
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.group] = sums.get(line.group, 0) + line.tenths
    taken: list[ScoreLine] = []
    for group, cap in caps.items():
        if cap is not None and (over := sums.get(group, 0) - round(10 * cap)) > 0:
            taken.append(ScoreLine(kind="cap", name=group, group=group, tenths=-over, label=f"Cap of {group}"))
    return taken


def _clamped(lines: list[ScoreLine], tenths: int, *, name: str, least: int, most: int) -> int:
    """The value inside its bounds; what that takes or gives is added to `lines`."""
    inside = min(max(tenths, least), most)
    if inside != tenths:
        lines.append(ScoreLine(kind="clamp", name=name, group=name, tenths=inside - tenths, label=f"Bounds of {name}"))
    return inside


def _grade(tenths: int, grades: tuple[Grade, ...]) -> str:
    """The first grade whose least value is reached."""
    return next((one.grade for one in grades if tenths >= round(10 * one.least)), grades[-1].grade)
