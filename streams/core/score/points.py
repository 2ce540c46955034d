"""`scoring.toml` made ready for the hot path: which rules a page or a form hits, how each remembers, group by group."""

from functools import lru_cache
from typing import Final, TypeAlias

from schemas.activity import OUR_CLOCK
from streams.core.activity.hits import Keep, keep_of, of_no_bucket
from streams.core.days import DayOf
from streams.core.mail.verdict import Judge
from streams.core.rulebook.scoring_rules import Grade, PageKeep, ScoringRule, ScoringRules
from streams.core.score.rule_kinds import DERIVED

__all__ = ["Graded", "Points"]

Graded: TypeAlias = tuple[tuple[int, str], ...]  # the least tenths of each grade, best first

MOST_BY_OUR_CLOCK: Final = 32  # the freshest hits of which a row knows that their time is ours


class Points:
    """What gives points. Immutable but for its look-up cache."""

    __slots__ = (
        "_by_form", "_by_mail", "_by_page", "bounds", "by_name", "caps", "caps_tenths", "careers", "derived",
        "digits", "intents", "judge", "keeps", "letters", "pages", "rules", "uncounted", "walk",
    )  # fmt: skip

    def __init__(self, rules: ScoringRules, day_of: DayOf) -> None:
        self.rules = rules
        self.pages: PageKeep = rules.pages
        self.uncounted = frozenset(rules.pages.uncounted_kinds)
        self.intents = frozenset(rules.pages.intent_kinds)
        self.careers = frozenset(rules.pages.careers_kinds)
        keep = rules.pages
        self.walk = (  # what the walk over pages asks for each time
            keep.counted_ms, self.uncounted, self.careers, self.intents, keep.counted_a_day, keep.seen_days,
            keep.counted_days, keep.intent_days, keep.read_days,
        )  # fmt: skip
        self.derived = tuple(rule for rule in rules.rule if rule.kind in DERIVED)
        self.by_name = {rule.name: rule for rule in rules.rule}
        self.keeps: dict[str, Keep] = {rule.name: keep_of(rule, day_of) for rule in rules.rule}
        self.keeps[OUR_CLOCK] = Keep(MOST_BY_OUR_CLOCK, None, of_no_bucket)
        self.bounds = (round(10 * rules.totals.engagement_least), round(10 * rules.totals.engagement_most))
        self.letters = _in_tenths(rules.totals.letters)
        self.digits = _in_tenths(rules.totals.digits)
        self.caps = {group.name: group.cap for group in rules.group}
        self.caps_tenths = {group.name: round(10 * group.cap) for group in rules.group if group.cap is not None}
        self.judge = Judge(rules.mail)
        self._by_mail = lru_cache(256)(self._hit_by_mail)
        self._by_page = lru_cache(256)(self._hit_by_page)
        self._by_form = lru_cache(256)(self._hit_by_form)

    def hit_by_page(self, kind: str) -> tuple[ScoringRule, ...]:
        """Rules that a page of this kind may hit, each if it was read long enough."""
        return self._by_page(kind)

    def hit_by_form(self, kind: str) -> tuple[ScoringRule, ...]:
        """Rules that a form of this kind hits."""
        return self._by_form(kind)

    def hit_by_mail(self, kind: str) -> tuple[ScoringRule, ...]:
        """Rules that a mail event of this kind hits."""
        return self._by_mail(kind)

    def _hit_by_mail(self, kind: str) -> tuple[ScoringRule, ...]:
        return tuple(rule for rule in self.rules.rule if kind in rule.mail_kinds)

    def _hit_by_page(self, kind: str) -> tuple[ScoringRule, ...]:
        return tuple(rule for rule in self.rules.rule if kind in rule.page_kinds)

    def _hit_by_form(self, kind: str) -> tuple[ScoringRule, ...]:
        return tuple(rule for rule in self.rules.rule if kind in rule.form_kinds)


def _in_tenths(grades: tuple[Grade, ...]) -> Graded:
    return tuple((round(10 * one.least), one.grade) for one in grades)
