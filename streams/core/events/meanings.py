"""`site.toml` made ready for the hot path: what a path, a form or an event means, looked up once."""

import re
from collections.abc import Mapping
from fnmatch import translate
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

from schemas.lookups import remembered
from streams.core.days import DayOf, day_in
from streams.core.rulebook.site_rules import SiteRules, TrackMeaning

__all__ = ["Meanings", "PageKind", "plain_name"]

REMEMBERED: Final = 16_384  # distinct paths


class PageKind(Struct, frozen=True, gc=False):
    """What a page is about. `answer` is the lost reason that it answers, "" for none."""

    kind: str = "other"
    answer: str = ""


class Meanings:
    """What the site's events mean. Immutable but for its look-up cache."""

    __slots__ = (
        "_forms", "_kind_of", "_measuring", "_no_competitor", "_pages", "_tracks", "day_of", "programs",
        "rules", "said_traits", "senders", "trait_names", "trait_places", "traits",
    )  # fmt: skip

    def __init__(self, rules: SiteRules) -> None:
        self.rules = rules
        self.day_of: DayOf = day_in(rules.site.timezone)
        self.senders = tuple(sender.lower() for sender in rules.site.senders)
        self.traits = {trait.name: (trait.name, *trait.called) for trait in rules.trait}
        self.trait_names = frozenset(name for called in self.traits.values() for name in called)
        self.said_traits = tuple(self.traits.items())
        self.trait_places = _places(self.traits)
        self._measuring = frozenset(source.name for source in rules.source if source.measures_dwell)
        self.programs = {program.id: program for program in rules.program}
        self._no_competitor = frozenset(said.casefold() for said in rules.site.no_competitor)
        self._forms = {plain_name(form.name): form.kind for form in rules.form}
        self._tracks = {plain_name(track.event): track for track in rules.track}
        self._pages = tuple((_compiled(page.paths), PageKind(page.kind, page.answer)) for page in rules.page)
        self._kind_of = remembered("page_kinds", most=REMEMBERED)(self._look_up)

    def page(self, path: str) -> PageKind:
        """The first `[[page]]` whose globs match this path; kind `other` where none does."""
        return self._kind_of(path)

    def form(self, name: str) -> str:
        """Kind of a form, by its name; `other` for one that site.toml does not list."""
        return self._forms.get(plain_name(name), "other")

    def names_competitor(self, said: Mapping[str, object]) -> bool:
        """Whether the answers of a form name a competitor under review."""
        answers = (said.get(field) for field in self.rules.site.competitor_fields)
        names = (one.strip().casefold() for one in answers if isinstance(one, str))
        return any(name and name not in self._no_competitor for name in names)

    def track(self, event: str) -> TrackMeaning | None:
        """The meaning of a `track` event, None where it has none."""
        return self._tracks.get(plain_name(event))

    def measures_dwell(self, source: str) -> bool:
        """Whether pages of this source come with the attention they got."""
        return source in self._measuring

    def _look_up(self, path: str) -> PageKind:
        plain = unquote(path)
        return next((meaning for pattern, meaning in self._pages if pattern.match(plain)), PageKind())


def plain_name(name: str) -> str:
    """One spelling for what senders spell in several ways.

    >>> plain_name("Demo Requested"), plain_name("demo-requested")
    ('demo_requested', 'demo_requested')
    """
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _places(traits: Mapping[str, tuple[str, ...]]) -> Mapping[str, frozenset[int]]:
    """Which traits a key may say, as places in their order; `company` may hold each `company.name`."""
    places: dict[str, set[int]] = {}
    for place, called in enumerate(traits.values()):
        for name in called:
            for key in {name, name.partition(".")[0]}:
                places.setdefault(key, set()).add(place)
    return {key: frozenset(found) for key, found in places.items()}


def _compiled(paths: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(path) for path in paths), re.IGNORECASE)
