"""The score: the sum of the kept hits' faded points, with its explanation, line by line, in tenths."""

from collections.abc import Mapping, Sequence
from math import floor
from typing import Final

from msgspec import Struct

from schemas.activity import Hits, Trait
from schemas.cards import FitLine, ScoredHit, ScoreLine
from streams.core.activity.together import BEFORE_EPOCH, BY_RULE, Doings, Together, begun_by, together
from streams.core.rulebook.scoring_rules import ScoringRule
from streams.core.rules import Rules
from streams.core.score.explain import reasons_down, reasons_up
from streams.core.score.fading import Fading, FadingRule, faded, tenths_of
from streams.core.score.fit import fits_in
from streams.core.score.points import Graded

__all__ = ["BEFORE_EPOCH", "BY_RULE", "Doings", "Scored", "falls_below", "score", "total_tenths"]

MOST_IDLE: Final = 8  # clicks that give nothing, to show
VERDICTS: Final = {"human": "human", "probable_human": "probably human", "machine": "machine", "pending": "pending"}


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
    doings: Doings, *, traits: Mapping[str, Trait], as_of: int, epoch_at: int | None, rules: Rules
) -> Scored:
    """The score of one person at `as_of`, from what came through each `via`, by hits with `at <= as_of` only.

    Hits with `at <= epoch_at` are shown and give nothing; so are void ones, and clicks of machines.
    """
    points = rules.scoring
    found = together(doings, as_of=as_of, epoch_at=epoch_at, rules=rules)
    lines: list[ScoreLine] = []
    fading: list[FadingRule] = []
    for rule in found.met():
        kept = found.kept(rule)
        idle = _idle_clicks(found) if rule.kind == "mail_click" else ()
        if kept or idle:
            lines.append(_line(rule, kept, idle, found=found, as_of=as_of))
            fading.append(found.fading(rule, kept))
    lines += _caps(lines, points.caps_tenths)
    fit_rules = points.rules.fit
    fit = fits_in(rules)(traits)
    least, most = points.bounds
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
        grade=_grade(fit_tenths, points.letters) + _grade(engagement, points.digits),
        lines=tuple(lines),
        fit_lines=fit.lines,
        up=reasons_up(lines),
        down=reasons_down(lines),
        fading=Fading(as_of, tuple(fading), points.caps_tenths, least, most, fit_tenths),
    )


def total_tenths(doings: Doings, *, fit: int, as_of: int, epoch_at: int | None, rules: Rules) -> int:
    """The total that `score` would give, without its lines. `fit` is in points, after its clamp."""
    points = rules.scoring
    if not begun_by(doings, as_of):
        least, most = points.bounds
        return min(max(0, least), most) + 10 * fit
    found = together(doings, as_of=as_of, epoch_at=epoch_at, rules=rules)
    fading = tuple(found.fading(rule, kept) for rule in found.met() if (kept := found.kept(rule)))
    return Fading(as_of, fading, points.caps_tenths, *points.bounds, 10 * fit).total(as_of)


def falls_below(scored: Scored, *, threshold_tenths: int) -> int | None:
    """When this score falls below a threshold without new events (whole minute, UTC milliseconds).

    None if it is below already, or does not fall below within 90 days.
    """
    return None if scored.total_tenths < threshold_tenths else scored.fading.falls_below(threshold_tenths)


def _line(
    rule: ScoringRule, kept: Hits, idle: Sequence[ScoredHit], *, found: Together, as_of: int
) -> ScoreLine:
    shown: list[ScoredHit] = []
    given: list[float] = []
    for hit in kept:
        at, hit_id, what = hit
        worth, aside = found.worth(rule, hit)
        gives = faded(worth, age_ms=as_of - at, half_life_days=rule.half_life_days) if worth else 0.0
        given.append(gives)
        judged = found.judged.get(hit_id)
        shown.append(
            ScoredHit(hit_id=hit_id, at=at, what=what, via=found.vias.get((at, hit_id), ""),
                      points_hundredths=floor(100 * gives + 0.5), set_aside=aside,
                      note="" if judged is None else VERDICTS[judged.verdict])
        )  # fmt: skip
    if idle:
        shown = sorted((*shown, *idle), key=lambda hit: (hit.at, hit.hit_id), reverse=True)
    return ScoreLine(
        kind="rule", name=rule.name, group=rule.group, tenths=tenths_of(given), label=rule.label, keep=rule.keep,
        hits=tuple(shown),
    )  # fmt: skip


def _idle_clicks(found: Together) -> list[ScoredHit]:
    """The freshest clicks of machines and those too young to tell: kept and shown, for nothing."""
    if not found.joined.clicks:
        return []
    idle = [one for one in found.joined.clicks if one.verdict in ("machine", "pending")][:MOST_IDLE]
    return [
        ScoredHit(hit_id=one.click.hit_id, at=one.click.at, what=one.click.message_id, via="mail", points_hundredths=0,
                  set_aside=f"{one.verdict}: {one.reason}", note=VERDICTS[one.verdict])
        for one in idle
    ]  # fmt: skip


def _caps(lines: list[ScoreLine], caps_tenths: Mapping[str, int]) -> list[ScoreLine]:
    """What each group's cap takes away, as lines of their own."""
    if not lines:
        return []
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.group] = sums.get(line.group, 0) + line.tenths
    taken: list[ScoreLine] = []
    for group, cap in caps_tenths.items():
        if (over := sums.get(group, 0) - cap) > 0:
            taken.append(ScoreLine(kind="cap", name=group, group=group, tenths=-over, label=f"Cap of {group}"))
    return taken


def _clamped(lines: list[ScoreLine], tenths: int, *, name: str, least: int, most: int) -> int:
    """The value inside its bounds; what that takes or gives is added to `lines`."""
    inside = min(max(tenths, least), most)
    if inside != tenths:
        lines.append(ScoreLine(kind="clamp", name=name, group=name, tenths=inside - tenths, label=f"Bounds of {name}"))
    return inside


def _grade(tenths: int, grades: Graded) -> str:
    """The first grade whose least value is reached."""
    for least, grade in grades:
        if tenths >= least:
            return grade
    return grades[-1][1]
