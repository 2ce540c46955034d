"""What an address says on this site, looked up once for all who open it: its path, its kind, its marks, its points."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from schemas.activity import Hit, Hits, PageSeen
from schemas.lookups import remembered
from streams.core.events.campaign import marks_of
from streams.core.events.facts import Marks
from streams.core.events.free_form import path_of
from streams.core.rules import Rules

__all__ = ["LONGEST_REMEMBERED", "NO_HITS", "Address", "Addresses", "addresses_in"]

REMEMBERED: Final = 8_192
LONGEST_REMEMBERED: Final = 512  # characters
NO_HITS: Final[Mapping[str, Hits]] = {}


class Address(Struct, frozen=True):
    """`kind` of the page; `needs`: the rules that it may hit, each with its least dwell; `marks` of the campaign.

    `soonest`: the least of these dwells, ms.
    """

    path: str
    kind: str
    needs: tuple[tuple[str, int], ...]
    marks: Marks
    soonest: int

    def seen(self, at: int, hit_id: int, *, dwell_ms: int | None, interactions: int | None) -> PageSeen:
        """A page that was opened here at a time."""
        return tuple.__new__(PageSeen, (at, hit_id, self.path, self.kind, dwell_ms, interactions))

    def hits(self, page: PageSeen) -> Mapping[str, Hits]:
        """The rules that this page hits, by its kind and by how long it was read (or that cannot be told)."""
        dwell_ms = page[4]
        if not self.needs or (dwell_ms is not None and dwell_ms < self.soonest):
            return NO_HITS
        names = [name for name, least in self.needs if dwell_ms is None or dwell_ms >= least]
        hit = tuple.__new__(Hit, page[:3])  # half of what `Hit(...)` costs, for every event
        return dict.fromkeys(names, (hit,))


class Addresses(Struct, frozen=True):
    """What a URL or a path says. `known` remembers it: only for those of at most `LONGEST_REMEMBERED` characters."""

    of: Callable[[str], Address]
    known: Callable[[str], Address]


@lru_cache(8)
def addresses_in(rules: Rules) -> Addresses:
    """What addresses say by these rules."""

    def look_up(url: str) -> Address:
        path = path_of(url)
        kind = rules.site.page(path).kind
        needs = tuple((rule.name, rule.min_dwell_ms) for rule in rules.scoring.hit_by_page(kind))
        return Address(path, kind, needs, marks_of(url), min((least for _, least in needs), default=0))

    known = remembered("addresses", most=REMEMBERED)(look_up)

    def address_of(url: str) -> Address:
        return known(url) if len(url) <= LONGEST_REMEMBERED else look_up(url)

    return Addresses(address_of, known)
