"""The whole card of a lead in words: why this score, what was set aside, when it will change. Times are UTC."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from schemas.cards import LeadCard, ScoredHit, ScoreLine
from streams.core.days import DAY_MS
from streams.core.score.explain import headline, in_points

__all__ = ["explained", "headline_of"]

UNMEASURED: Final = "reading time not measured"


def headline_of(card: LeadCard) -> str:
    """One paragraph: `113.8 A1, mql since 03-20, 27.3 more than yesterday. Up: ...`."""
    return headline(
        total_tenths=card.score_tenths, grade=card.grade, stage=card.stage, stage_since=card.stage_since,
        day_before_tenths=card.day_before_tenths, lines=card.lines, threshold_tenths=card.threshold_tenths,
        falls_below_at=card.falls_below_at,
    )  # fmt: skip


def explained(card: LeadCard) -> str:
    """All lines of the score, each hit with its age and points; they add up to the score exactly."""
    return "\n".join(_paragraphs(card)) + "\n"


def _paragraphs(card: LeadCard) -> Iterator[str]:
    yield headline_of(card)
    yield f"As of {_when(card.as_of)}, by rules {card.rules_version}; who it is was {card.trust}."
    yield ""
    unmeasured = {page.hit_id for page in card.pages if page.dwell_ms is None}
    for line in card.lines:
        yield from _line(line, card, unmeasured)
    yield f"{in_points(card.score_tenths)} in all: engagement {in_points(card.engagement_tenths)}, fit {card.fit}"
    yield ""
    yield _outlook(card.score_tenths, card.threshold_tenths, card.falls_below_at)
    yield _outlook(card.score_tenths, card.cools_below_tenths, card.cools_at)
    aside = [(line, hit) for line in card.lines for hit in line.hits if hit.set_aside]
    if aside:
        yield ""
        yield "Set aside:"
        yield from (f"  {_when(hit.at)} {line.label}, {hit.what}: {hit.set_aside}" for line, hit in aside)


def _line(line: ScoreLine, card: LeadCard, unmeasured: set[int]) -> Iterator[str]:
    match line.kind:
        case "rule":
            counted = sum(not hit.set_aside for hit in line.hits)
            yield f"{in_points(line.tenths):>6} {line.label} ({line.name}), {counted} of {line.keep}"
            yield from (_hit(hit, as_of=card.as_of, unmeasured=unmeasured) for hit in line.hits)
        case "fit":
            yield f"{in_points(line.tenths):>6} {line.label}"
            yield from (f"{one.points:>10} {one.trait} {one.value or 'unknown'}" for one in card.fit_lines)
        case _:
            yield f"{in_points(line.tenths):>6} {line.label}"


def _hit(hit: ScoredHit, *, as_of: int, unmeasured: set[int]) -> str:
    """`10.00 /pricing, 2.0 d old, via v1`; a void one is struck out."""
    what = f"~{hit.what}~" if hit.set_aside.startswith("void") else hit.what
    said = [what, f"{(as_of - hit.at) / DAY_MS:.1f} d old", f"via {hit.via}"]
    said += [word for word in (hit.set_aside or hit.note, UNMEASURED if hit.hit_id in unmeasured else "") if word]
    return f"{hit.points_hundredths / 100:>10.2f} {', '.join(said)}"


def _outlook(score_tenths: int, threshold_tenths: int, at: int | None) -> str:
    """How far it is from a threshold, and when it falls below."""
    distance, threshold = score_tenths - threshold_tenths, f"{threshold_tenths / 10:g}"
    if distance < 0:
        return f"{in_points(-distance)} below {threshold}."
    when = "not below it within 90 days" if at is None else f"below it on {_when(at)}"
    return f"{in_points(distance)} above {threshold}; without new events {when}."


def _when(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
