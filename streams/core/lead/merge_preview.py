"""What becomes of a score when leads are one, or when a browser is taken out of one: before anybody orders it.

It is made from cards, so it is near and not exact: days of both together may make a return or a deep day that neither
had alone, and what was pushed out may come back. Engagement in tenths, times in UTC milliseconds.
"""

from collections.abc import Callable, Iterable

from schemas.activity import Hit
from schemas.cards import LeadCard
from streams.core.activity.hits import freshest, latest_of_each
from streams.core.rules import Rules
from streams.core.score.curve import is_idle, worth_of
from streams.core.score.fading import Fading, FadingRule

__all__ = ["engagement_of"]


def engagement_of(
    cards: Iterable[LeadCard], rules: Rules, *, at: int, counts: Callable[[str], bool] = lambda _: True
) -> int:
    """The engagement that these leads have as one at a time, of what came through a `via` that counts."""
    worth: dict[str, dict[Hit, float]] = {}
    for card in cards:
        for line in card.lines:
            rule = rules.scoring.by_name.get(line.name) if line.kind == "rule" else None
            if rule is None:
                continue
            found = worth.setdefault(line.name, {})
            for hit in line.hits:
                if counts(hit.via) and not is_idle(hit):
                    found[Hit(hit.at, hit.hit_id, hit.what)] = 0.0 if hit.set_aside else worth_of(rule, hit)
    fading = [_fading(name, found, rules) for name, found in worth.items()]
    return Fading(at, tuple(fading), rules.scoring.caps_tenths, *rules.scoring.bounds, 0).total(at)


def _fading(name: str, worth: dict[Hit, float], rules: Rules) -> FadingRule:
    rule = rules.scoring.by_name[name]
    kept = latest_of_each(freshest(worth, rules.scoring.keeps[name]))
    return FadingRule(rule.half_life_days, rule.group, tuple((hit.at, worth[hit]) for hit in kept if worth[hit]))
