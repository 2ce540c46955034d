"""Findings in scoring.toml: rules that nothing hits, limits and caps that never matter or always do."""

from collections.abc import Iterator
from typing import Final

from streams.core.rulebook.findings import Said
from streams.core.rulebook.phrasing import figure, listed
from streams.core.rulebook.scoring_rules import ScoringRule
from streams.core.rules import Rules

__all__ = ["in_scoring"]

FILE: Final = "scoring.toml"
OTHER: Final = "other"  # kind of pages and forms that site.toml does not name


def in_scoring(rules: Rules) -> Iterator[Said]:
    """All of them."""
    for number, rule in enumerate(rules.scoring.rules.rule):
        yield from _hits(rule, number, rules)
        yield from _limits(rule, number, rules)
    used = {rule.group for rule in rules.scoring.rules.rule}
    for number, group in enumerate(rules.scoring.rules.group):
        if group.name not in used:
            yield Said(FILE, ("group", number), f'group "{group.name}": no rule is in it; take it out')


def _hits(rule: ScoringRule, number: int, rules: Rules) -> Iterator[Said]:
    """Kinds that site.toml does not know; whether anything is left that can hit."""
    site = rules.site.rules
    kinds = {page.kind for page in site.page} | {OTHER}
    forms = {form.kind for form in site.form} | {track.form for track in site.track} | {OTHER}
    tracked = any(track.rule == rule.name for track in site.track)
    for key, wanted, known in (("page_kinds", rule.page_kinds, kinds), ("form_kinds", rule.form_kinds, forms)):
        if lost := sorted(set(wanted) - known):
            table = "[[page]]" if key == "page_kinds" else "[[form]]"
            yield Said(FILE, ("rule", number, key), f'rule "{rule.name}": no {table} of site.toml is of kind '
                       f"{listed(lost, last='or')}; name one, or take it out",
                       "note" if set(wanted) & known else "warning")  # fmt: skip
    found = tracked or set(rule.page_kinds) & kinds or set(rule.form_kinds) & forms
    if rule.kind in ("form", "page", "track") and not found:
        yield Said(FILE, ("rule", number), f'rule "{rule.name}": no event can hit it; give it page_kinds or '
                   "form_kinds, or a [[track]] of site.toml")  # fmt: skip


def _limits(rule: ScoringRule, number: int, rules: Rules) -> Iterator[Said]:
    if rule.limit is not None and rule.limit > rule.keep:
        yield Said(FILE, ("rule", number, "limit"), f'rule "{rule.name}": a limit of {rule.limit} never matters where '
                   f"{rule.keep} are kept; make it smaller than keep")  # fmt: skip
    cap = rules.scoring.caps[rule.group]
    if cap is not None and rule.points > cap:
        group = next(place for place, one in enumerate(rules.scoring.rules.group) if one.name == rule.group)
        yield Said(FILE, ("group", group, "cap"), f'group "{rule.group}": a cap of {figure(cap)} is below one hit of '
                   f'rule "{rule.name}" ({figure(rule.points)}); raise the cap, or lower the points')  # fmt: skip
