"""What somebody did, day by day: active days, high-intent days, answers that were read. Times are UTC milliseconds."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from schemas.activity import Activity, PageSeen
from schemas.signals import Day
from streams.core.activity import pages
from streams.core.rules import Rules

__all__ = ["Seen", "seen_of"]

MAX_DAYS: Final = 16


class Seen(Struct, frozen=True):
    """`days` and `intents` freshest first; `human` False where some page of an active day could not be measured."""

    days: tuple[Day, ...]
    intents: tuple[int, ...]
    answers: dict[str, int]
    pages: tuple[PageSeen, ...]
    human: bool

    @property
    def active_ats(self) -> tuple[int, ...]:
        """The freshest human hit of each active day."""
        return tuple(day.at for day in self.days if day.active)


def seen_of(activity: Activity, rules: Rules, *, clicked: Iterable[int] = ()) -> Seen:
    """The days of all that is kept of one person; `clicked`: when that person clicked in a mail of ours."""
    found, day_of, points = pages.seen(activity.pages), rules.site.day_of, rules.scoring
    by_day: dict[int, _Day] = {}
    for page in found:
        number = day_of(page[0])
        day = by_day.get(number)
        if day is None:
            day = by_day[number] = _Day(page[0])
        if pages.is_counted(page, points):
            day.counted.append(page)
        day.human = day.human or pages.is_human(page)
        day.careers = day.careers or page[3] in points.careers
    for at in (*_acts(activity, rules), *clicked):
        number = day_of(at)
        day = by_day.get(number)
        if day is None:
            day = by_day[number] = _Day(at)
        day.act_at = max(at, day.act_at or at)
    freshest = sorted(by_day, reverse=True)[:MAX_DAYS]
    read = [page for number in freshest if by_day[number].is_active for page in by_day[number].counted]
    return Seen(
        days=tuple(by_day[number].told(number) for number in freshest),
        intents=_intents(read, rules),
        answers=_answers(read, rules),
        pages=found,
        human=all(page[5] is not None for page in read),
    )


class _Day:
    """One day so far: `at` of its freshest page, its counted pages, the freshest thing that only people do."""

    __slots__ = ("act_at", "at", "careers", "counted", "human")

    def __init__(self, at: int) -> None:
        self.at = at
        self.act_at: int | None = None
        self.counted: list[PageSeen] = []
        self.human = self.careers = False

    @property
    def is_active(self) -> bool:
        """Something only people do, or a counted page on a day with interactions."""
        return self.act_at is not None or (self.human and bool(self.counted))

    def told(self, number: int) -> Day:
        """The day by its number."""
        human = self.counted[0][0] if self.human and self.counted else 0
        active = self.is_active
        return Day(day=number, at=max(human, self.act_at or 0) if active else self.at, active=active,
                   careers=self.careers)  # fmt: skip


def _acts(activity: Activity, rules: Rules) -> Iterable[int]:
    """Times of what only people do: forms, requests, files, films, replies."""
    for name, hits in activity.hits.items():
        rule = rules.scoring.by_name.get(name)
        if rule is not None and rule.points > 0 and rule.kind in ("form", "mail", "track"):
            yield from (hit.at for hit in hits)


def _intents(read: Iterable[PageSeen], rules: Rules) -> tuple[int, ...]:
    """The freshest high-intent page of each of the freshest such days."""
    intents, by_day = rules.scoring.intents, dict[int, int]()
    for at, _, _, kind, _, _ in read:
        if kind in intents:
            by_day.setdefault(rules.site.day_of(at), at)
    return tuple(sorted(by_day.values(), reverse=True)[: rules.scoring.pages.intent_days])


def _answers(read: Iterable[PageSeen], rules: Rules) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, _, path, *_ in read:
        if tag := rules.site.page(path).answer:
            found[tag] = max(at, found.get(tag, at))
    return dict(sorted(found.items()))
