"""What somebody did, day by day: active days, high-intent days, answers that were read. Times are UTC milliseconds."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from schemas.activity import Activity, PageSeen
from schemas.signals import Day
from streams.core import pages
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
    found = pages.seen(activity.pages)
    by_day: dict[int, list[PageSeen]] = {}
    for page in found:
        by_day.setdefault(rules.site.day_of(page.at), []).append(page)
    acts: dict[int, int] = {}
    for at in (*_acts(activity, rules), *clicked):
        day = rules.site.day_of(at)
        acts[day] = max(at, acts.get(day, at))
    freshest = sorted({*by_day, *acts}, reverse=True)[:MAX_DAYS]
    days = tuple(_day(day, by_day.get(day, ()), acts.get(day), rules=rules) for day in freshest)
    active = {day.day for day in days if day.active}
    read = [page for page in found if pages.is_counted(page, rules.scoring) and rules.site.day_of(page.at) in active]
    return Seen(
        days=days,
        intents=_intents(read, rules),
        answers=_answers(read, rules),
        pages=found,
        human=all(page.interactions is not None for page in read),
    )


def _acts(activity: Activity, rules: Rules) -> Iterable[int]:
    """Times of what only people do: forms, requests, files, films, replies."""
    for name, hits in activity.hits.items():
        rule = rules.scoring.by_name.get(name)
        if rule is not None and rule.points > 0 and rule.kind in ("form", "mail", "track"):
            yield from (hit.at for hit in hits)


def _day(day: int, seen: Iterable[PageSeen], act_at: int | None, *, rules: Rules) -> Day:
    """Active: something only people do, or a counted page on a day with interactions."""
    of_day = tuple(seen)
    counted = [page.at for page in of_day if pages.is_counted(page, rules.scoring)]
    human = counted if any(pages.is_human(page) for page in of_day) else []
    human_at = max([*human, *([] if act_at is None else [act_at])], default=None)
    return Day(
        day=day,
        at=max(page.at for page in of_day) if human_at is None else human_at,
        active=human_at is not None,
        careers=any(page.kind in rules.scoring.pages.careers_kinds for page in of_day),
    )


def _intents(read: Iterable[PageSeen], rules: Rules) -> tuple[int, ...]:
    """The freshest high-intent page of each of the freshest such days."""
    keep = rules.scoring.pages
    by_day: dict[int, int] = {}
    for page in read:
        if page.kind in keep.intent_kinds:
            day = rules.site.day_of(page.at)
            by_day[day] = max(page.at, by_day.get(day, page.at))
    return tuple(sorted(by_day.values(), reverse=True)[: keep.intent_days])


def _answers(read: Iterable[PageSeen], rules: Rules) -> dict[str, int]:
    found: dict[str, int] = {}
    for page in read:
        if tag := rules.site.page(page.path).answer:
            found[tag] = max(page.at, found.get(tag, page.at))
    return dict(sorted(found.items()))
