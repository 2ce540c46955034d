"""Whom a lead points to: the leads that own its time, and what a circle of pointers makes of it.

An operator's order outranks links, and links by e-mail outrank an alias. Of links the first also owns what came before,
a later one owns from its time on. Pointers may close a circle (two orders, an alias each way). Then what comes round
says so by the way that it went (`through`), and one lead of the circle keeps all that reaches it and sends on only the
ways: the smallest of those at which anything enters the circle, and each of them finds the same one.
"""

from collections.abc import Iterable
from typing import Final, TypeAlias

from msgspec import Struct

from schemas.activity import Claim
from schemas.mail import NO_MAIL
from streams.core.lead.row import Lead, Order
from streams.core.parts import live
from streams.core.rules import Rules
from streams.core.visitor.identity import Span, Timeline, kept_claims, timeline_of

__all__ = ["NOWHERE", "Pointing", "kept_pointers", "newest_order", "pointing_of"]

Path: TypeAlias = tuple[str, ...]
MAX_PATHS: Final = 64
MAX_STEPS: Final = 16


class Pointing(Struct, frozen=True):
    """`owners` of the lead's time, () where it points to nobody. `paths` are the ways that it sends on.

    `root`: it keeps everything itself, for it is the one of a circle that does.
    """

    owners: Timeline = ()
    paths: tuple[Path, ...] = ()
    root: bool = False

    @property
    def merged_into(self) -> str:
        """The lead that this one is now, "" for itself."""
        return "" if self.root or not self.owners else self.owners[-1].lead_id

    @property
    def targets(self) -> frozenset[str]:
        """Whom it tells: nobody while there is nothing to tell of."""
        return frozenset(span.lead_id for span in self.owners) if self.paths else frozenset()


NOWHERE: Final = Pointing()


def kept_pointers(held: tuple[Claim, ...], more: Iterable[Claim]) -> tuple[Claim, ...]:
    """Who somebody was said to be, within the bounds of claims."""
    return kept_claims((*held, *more))


def newest_order(orders: Iterable[Order | None]) -> Order | None:
    """The freshest, ties by value."""
    return max((one for one in orders if one is not None), default=None)


def pointing_of(key: str, row: Lead, rules: Rules) -> Pointing:
    """Whom the row points to, and whether that counts."""
    owners = _owners(key, row, rules)
    if not owners:
        return NOWHERE
    heard = {path for one in live(row.absorbed).values() for path in one.through}
    passing = {path for path in heard if key not in path}
    paths = {(*path, key) for path in passing if len(path) < MAX_STEPS}
    if _has_own(row):
        paths.add((key,))
    root = any(_keeps(key, set(path[path.index(key) :]), passing) for path in heard - passing)
    return Pointing(owners, tuple(sorted(paths, key=lambda path: (len(path), path))[:MAX_PATHS]), root)


def _owners(key: str, row: Lead, rules: Rules) -> Timeline:
    if row.order is not None and row.order.into:
        return () if row.order.into == key else (Span(row.order.at, row.order.into),)
    for said in (row.emails, row.aliases):
        if not said:
            continue
        counted = [one for one in said if one.lead_id != key and (rules.identity == "open" or one.trust == "proven")]
        if counted:
            return timeline_of(counted, ())
    return ()


def _has_own(row: Lead) -> bool:
    """Whether anything is known of the lead that no other lead brought."""
    return bool(row.decisions or row.mail != NO_MAIL or live(row.sources) or live(row.deals))


def _keeps(key: str, circle: set[str], passing: Iterable[Path]) -> bool:
    """Whether this lead is the smallest of a circle at which something enters it."""
    entries = {next((one for one in path if one in circle), key) for path in passing}
    return key == min(entries | {key})
