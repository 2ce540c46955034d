"""What new rules do not know of the past: what was not kept under the rules before, only folding again brings back.

Changed points, half-lives and limits on fewer hits are exact at once: they are applied to the hits that are kept.
"""

from collections.abc import Iterator

from streams.core.rulebook.scoring_rules import ScoringRule
from streams.core.rules import Rules
from streams.core.said import Said

__all__ = ["unknown_past"]


def unknown_past(before: Rules, after: Rules) -> tuple[Said, ...]:
    """One sentence for each thing that is exact only from now on, or after the 28 days of events were folded again."""
    return (*_rules(before, after), *_pages(before, after), *_meanings(before, after))


def _rules(before: Rules, after: Rules) -> Iterator[Said]:
    for rule in after.scoring.rules.rule:
        was = before.scoring.by_name.get(rule.name)
        if was is None:
            yield Said("%(rule)s: a new rule; it counts what happens from now on.", {"rule": Said(rule.label)})
        elif _remembers_more(was, rule):
            yield Said("%(rule)s: remembers more; what was let go before is not known.", {"rule": Said(rule.label)})
        elif _hit_by(was) != _hit_by(rule):
            yield Said("%(rule)s: is hit by something else; hits of before stay as they are.",
                       {"rule": Said(rule.label)})  # fmt: skip


def _remembers_more(was: ScoringRule, now: ScoringRule) -> bool:
    if (was.limit is not None, was.limit_per) != (now.limit is not None, now.limit_per):
        return was.limit is not None  # another bucket, or none any more
    return now.keep > was.keep or (now.limit or 0) > (was.limit or 0)


def _hit_by(rule: ScoringRule) -> tuple[object, ...]:
    return rule.kind, rule.page_kinds, rule.min_dwell_ms, rule.form_kinds, rule.mail_kinds


def _pages(before: Rules, after: Rules) -> Iterator[Said]:
    was, now = before.scoring.pages, after.scoring.pages
    if now.counted_days > was.counted_days or now.counted_a_day > was.counted_a_day or now.read_days > was.read_days:
        yield Said("More pages are remembered; those that were let go before are not known.")


def _meanings(before: Rules, after: Rules) -> Iterator[Said]:
    was, now = before.site.rules, after.site.rules
    tables = (
        (was.page, now.page,
         Said("What pages mean has changed; what was read, sent or done before keeps its former meaning.")),
        (was.form, now.form,
         Said("What forms mean has changed; what was read, sent or done before keeps its former meaning.")),
        (was.track, now.track,
         Said("What events mean has changed; what was read, sent or done before keeps its former meaning.")),
    )  # fmt: skip
    yield from (said for old, new, said in tables if old != new)
