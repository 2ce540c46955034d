"""Findings in site.toml: globs that an earlier one covers, names that are there twice, forms that give nothing."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import translate
from typing import Final

from streams.core.events.meanings import plain_name
from streams.core.rulebook.findings import Said
from streams.core.rulebook.site_rules import REQUESTS, SiteRules
from streams.core.rules import Rules

__all__ = ["in_site"]

FILE: Final = "site.toml"


def in_site(rules: Rules) -> Iterator[Said]:
    """All of them."""
    site = rules.site.rules
    yield from _shadowed(site)
    yield from _twice("form", [form.name for form in site.form])
    yield from _twice("track", [track.event for track in site.track])
    scored = {kind for rule in rules.scoring.rules.rule for kind in rule.form_kinds} | REQUESTS
    forms = [("form", number, form.name, form.kind) for number, form in enumerate(site.form)]
    forms += [("track", number, track.event, track.form) for number, track in enumerate(site.track) if track.form]
    for table, number, name, kind in forms:
        if kind not in scored:
            yield Said(FILE, (table, number), f'{table} "{name}": forms of kind {kind} give no points; add the kind to '
                       "a rule's form_kinds in scoring.toml")  # fmt: skip


def _shadowed(site: SiteRules) -> Iterator[Said]:
    for number, page in enumerate(site.page):
        for glob in page.paths:
            before = next((one for one in site.page[:number] if any(_covers(wide, glob) for wide in one.paths)), None)
            if before is not None:
                yield Said(FILE, ("page", number, "paths"), f'page "{page.kind}": "{glob}" is never reached: an '
                           f"earlier [[page]] of kind {before.kind} takes all; put this one before that")  # fmt: skip


def _covers(wide: str, narrow: str) -> bool:
    """Whether every path of `narrow` is one of `wide`: its stars match also the other's stars."""
    if set(wide) & set("?["):
        return False
    return re.match(translate(wide), narrow, re.IGNORECASE) is not None


def _twice(table: str, names: Iterable[str]) -> Iterator[Said]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        plain = plain_name(name)
        if plain in seen:
            yield Said(
                FILE, (table, number), f'{table} "{name}": is there twice; the last one counts, take the other out'
            )
        seen.add(plain)
