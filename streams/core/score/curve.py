"""The score as a curve, from the card alone: what it was, by what is kept, and what it will be without new events.

Ahead it is exact: the same hits, later. Behind it is as sure as what is kept. A rule remembers its freshest hits, so an
older one may have been there and was pushed out since; `low` and `high` are between what the score then was, and one
number where nothing can be missing. Hits that were declared void, the verdicts of clicks and the fit are as they are
known today. Scores are in tenths, times in UTC milliseconds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from schemas.activity import Hit
from schemas.cards import LeadCard, ScoredHit
from streams.core.activity.hits import Keep
from streams.core.activity.together import BEFORE_EPOCH
from streams.core.days import DAY_MS
from streams.core.returns.strength import lost_at
from streams.core.rulebook.scoring_rules import ScoringRule
from streams.core.rules import Rules
from streams.core.score.fading import faded, first_at, tenths_of
from streams.core.score.pages import Kept, kept_before

__all__ = ["Curve", "CurveLine", "Spot", "curve_of", "is_idle", "worth_of"]

PAGES: Final = ("return_visit", "deep_visit")  # kinds that are read from days, of which a person's freshest are kept
IDLE: Final = ("machine: ", "pending: ")  # clicks that are shown and are no hits
PROBABLE: Final = "probably human"
CALENDAR: Final = ("day", "week")


class Spot(NamedTuple):
    """The score at one time: at least `low`, at most `high`."""

    at: int
    low: int
    high: int

    @property
    def is_sure(self) -> bool:
        """Nothing that was pushed out can have counted then."""
        return self.low == self.high


class _Given(NamedTuple):
    """A kept hit and what it gives before it fades, whether or not a deal was lost since."""

    at: int
    points: float


class _Room(NamedTuple):
    """Places that a rule fills today: as many hits, none fresher than `until`, may have stood there before.

    `ats`: the times of those that fill them, the oldest first. `first`: nothing was there before that time.
    """

    ats: tuple[int, ...]
    until: int
    first: int

    def missing(self, at: int) -> int:
        """How many hits may have stood there at a time, and are known no more."""
        return 0 if at < self.first else len(self.ats) - bisect_right(self.ats, at)


class CurveLine(Struct, frozen=True):
    """One rule's kept hits, ready to be asked for any time. `told`: what it kept before, where that is sure."""

    rule: ScoringRule
    given: tuple[_Given, ...]
    rooms: tuple[_Room, ...]
    most: int
    told: tuple[Kept, ...] | None = None

    def tenths(self, at: int, *, epoch_at: int | None) -> tuple[int, int]:
        """The least and the most that the rule can have given."""
        stood = self._stood(at)
        known = [self._faded(one, at) for one in stood if one.points and (epoch_at is None or one.at > epoch_at)]
        unknown = [
            self._faded(_Given(newest, self.rule.points), at)
            for newest in self._missing(at)[: max(self.most - len(stood), 0)] if epoch_at is None or newest > epoch_at
        ]  # fmt: skip
        sure = tenths_of(known)
        return (sure, sure) if not unknown else _ordered(sure, tenths_of([*known, *unknown]))

    def _stood(self, at: int) -> list[_Given]:
        """The hits that are known to have been kept then."""
        if self.told is None:
            return [one for one in self.given if one.at <= at]
        place = bisect_right(self.told, at, key=lambda one: one.since)
        return [_Given(one, self.rule.points) for one in self.told[place - 1].ats] if place else []

    def _missing(self, at: int) -> list[int]:
        """The freshest times at which hits can have been that are known no more, the freshest first."""
        return sorted(
            (min(room.until, at) for room in self.rooms for _ in range(room.missing(at))), reverse=True
        )  # fmt: skip

    def _faded(self, one: _Given, at: int) -> float:
        return faded(one.points, age_ms=at - one.at, half_life_days=self.rule.half_life_days)


class Curve(Struct, frozen=True, kw_only=True):
    """All that the curve is made of. `lost`: when deals were lost, from when on what was before counts no more."""

    as_of: int
    known_at: int
    threshold_tenths: int
    falls_below_at: int | None
    lines: tuple[CurveLine, ...]
    caps: dict[str, int]
    bounds: tuple[int, int]
    fit_tenths: int
    lost: tuple[int, ...]

    def at(self, at: int) -> Spot:
        """The score at any time."""
        epoch_at = max((one for one in self.lost if one <= at or at >= self.as_of), default=None)
        low: dict[str, int] = {}
        high: dict[str, int] = {}
        for line in self.lines:
            least, most = line.tenths(at, epoch_at=epoch_at)
            low[line.rule.group] = low.get(line.rule.group, 0) + least
            high[line.rule.group] = high.get(line.rule.group, 0) + most
        return Spot(at, self._total(low), self._total(high))

    @property
    def changes(self) -> tuple[int, ...]:
        """Times at which the score jumps: hits, and losses of deals. The oldest first, each once."""
        return tuple(sorted({*self.lost, *(one.at for line in self.lines for one in line.given if one.points)}))

    def _total(self, groups: dict[str, int]) -> int:
        least, most = self.bounds
        engagement = sum(min(tenths, self.caps.get(group, tenths)) for group, tenths in groups.items())
        return min(max(engagement, least), most) + self.fit_tenths


def curve_of(card: LeadCard, rules: Rules) -> Curve | None:
    """The curve of a card; None where other rules made it, or nothing that fades is on it."""
    by_name = rules.scoring.by_name
    shown = [line for line in card.lines if line.kind == "rule"]
    if card.rules_version != rules.version or not shown or any(line.name not in by_name for line in shown):
        return None
    hits = {line.name: line.hits for line in shown}
    days_until = _days_until(card, rules)
    told = kept_before(card, rules)
    hits = dict.fromkeys(told, ()) | hits
    if days_until is not None:  # a rule whose days were all forgotten has no line
        hits = {rule.name: () for rule in by_name.values() if rule.kind in PAGES} | hits
    curve = Curve(
        as_of=card.as_of,
        known_at=card.known_at,
        threshold_tenths=card.threshold_tenths,
        falls_below_at=card.falls_below_at,
        lines=tuple(
            CurveLine(by_name[name], _given(by_name[name], kept), (), 0, told[name]) if name in told
            else _line(by_name[name], kept, days_until=days_until, rules=rules)
            for name, kept in hits.items()
        ),
        caps=rules.scoring.caps_tenths,
        bounds=rules.scoring.bounds,
        fit_tenths=10 * card.fit,
        lost=tuple(sorted(lost_at(deal) for deal in card.deals if deal.status == "lost")),
    )
    return curve if curve.at(card.as_of) == Spot(card.as_of, card.score_tenths, card.score_tenths) else None


def _line(rule: ScoringRule, shown: Iterable[ScoredHit], *, days_until: int | None, rules: Rules) -> CurveLine:
    kept = sorted((hit for hit in shown if not is_idle(hit)), key=lambda hit: hit.at)
    keep = _keep_of(rule, rules)
    rooms = list(_full_buckets(rule, keep, kept))
    ats = tuple(hit.at for hit in kept)
    if len(kept) >= keep.most:
        rooms.append(_Room(ats, ats[0], 0))
    if days_until is not None and rule.kind in PAGES:
        rooms.append(_Room((*ats, *(days_until,) * (keep.most - len(ats))), days_until, 0))
    return CurveLine(rule, _given(rule, kept), tuple(rooms), keep.most)


def _given(rule: ScoringRule, kept: Iterable[ScoredHit]) -> tuple[_Given, ...]:
    return tuple(_Given(hit.at, worth_of(rule, hit)) for hit in kept)


def _keep_of(rule: ScoringRule, rules: Rules) -> Keep:
    """How a rule remembers. What is read from days takes one a day: its freshest page, then an earlier one."""
    keep = rules.scoring.keeps[rule.name]
    return Keep(keep.most, 1, lambda hit: rules.site.day_of(hit[0])) if rule.kind in PAGES else keep


def _full_buckets(rule: ScoringRule, keep: Keep, kept: Sequence[ScoredHit]) -> Iterable[_Room]:
    """The days, assets, messages of which a rule takes no more hits."""
    if keep.limit is None:
        return
    buckets: dict[int | str, list[int]] = {}
    for hit in kept:
        buckets.setdefault(keep.bucket_of(Hit(hit.at, hit.hit_id, hit.what)), []).append(hit.at)
    for bucket, ats in buckets.items():
        if len(ats) >= keep.limit:
            yield _Room(tuple(ats), ats[0], _begin(bucket, ats[0], keep) if rule.limit_per in CALENDAR else 0)


def _begin(bucket: int | str, inside: int, keep: Keep) -> int:
    """When a day or a week began, by bisection: what a time zone makes of it is the rule's affair."""
    return first_at(inside - 9 * DAY_MS, inside, lambda at: keep.bucket_of(Hit(at, 0)) == bucket)


def is_idle(hit: ScoredHit) -> bool:
    """Whether it is only shown: a click that is no hit of its rule."""
    return hit.set_aside.startswith(IDLE)


def worth_of(rule: ScoringRule, hit: ScoredHit) -> float:
    """What a hit gave when it was young, also one that a lost deal has set aside since."""
    if hit.set_aside not in ("", BEFORE_EPOCH):
        return 0.0
    return rule.probable_points if rule.kind == "mail_click" and hit.note == PROBABLE else rule.points


def _days_until(card: LeadCard, rules: Rules) -> int | None:
    """From when back days may have been forgotten, None for never: pages are older than all that still count."""
    for line in card.lines:
        rule = rules.scoring.by_name.get(line.name)
        if rule is not None and rule.kind == "page_view" and len(line.hits) >= rule.keep:
            return min(hit.at for hit in line.hits) + DAY_MS
    return None


def _ordered(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)
