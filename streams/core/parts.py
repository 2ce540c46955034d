"""Parts: the newest standing of each source, and who was told what one row stands for.

The newest version of a source wins, an empty one withdraws and is remembered as such, so neither order nor copies
matter. A row that stops standing for somebody tells it so, and tells it again when the same message comes again.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Generic, TypeAlias, TypeVar

from msgspec import Struct

from schemas.activity import Version

__all__ = ["Part", "Told", "addressed", "live", "newest", "to_withdraw", "withdrawn_at"]

T = TypeVar("T")
# Whom a row told -> None while it stands for it, else the version that withdrew.
Told: TypeAlias = dict[str, Version | None]
MAX_WITHDRAWN: Final = 32


class Part(Struct, Generic[T], frozen=True, array_like=True):
    """What one source says now. `body` None: it withdrew."""

    version: Version
    as_of: int
    body: T | None


Parts: TypeAlias = Mapping[str, Part[T]]


def newest(
    parts: Parts[T], said: Iterable[tuple[str, Part[T]]], *, stale: Callable[[T], bool] | None = None
) -> dict[str, Part[T]]:
    """The parts after more standings, by source.

    `stale`: made by other rules than those of now. New rules make a row anew at its old version; what the former ones
    made of that version comes again sometimes, and must not take the place of what stands.
    """
    after = dict(parts)
    for source, part in said:
        held = after.get(source)
        if held is None or _replaces(part, held, stale):
            after[source] = part
    return dict(sorted(after.items()))


def _replaces(part: Part[T], held: Part[T], stale: Callable[[T], bool] | None) -> bool:
    """Whether it is newer. Of one version and time the later one stands, unless it alone is stale."""
    said, before = (part.version, part.as_of), (held.version, held.as_of)
    if stale is None or said != before:
        return said >= before
    return _is_fresh(part, stale) >= _is_fresh(held, stale)


def _is_fresh(part: Part[T], stale: Callable[[T], bool]) -> bool:
    return part.body is None or not stale(part.body)


def live(parts: Parts[T]) -> dict[str, T]:
    """What stands now, by source."""
    if not parts:
        return {}
    return {source: part.body for source, part in parts.items() if part.body is not None}


def addressed(told: Told, now: Iterable[str], *, version: Version) -> Told:
    """Whom the row stands for from this version on; of those withdrawn from, the 32 newest are remembered."""
    standing: Told = dict.fromkeys(sorted(now))
    if told.keys() <= standing.keys():  # as at most folds
        return standing
    gone = {to: since or version for to, since in told.items() if to not in standing}
    newest_gone = sorted(gone, key=lambda to: (gone[to], to), reverse=True)[:MAX_WITHDRAWN]
    return standing | {to: gone[to] for to in sorted(newest_gone)}


def withdrawn_at(times: Mapping[str, int], *tolds: Told, version: Version, as_of: int) -> dict[str, int]:
    """When each of those was left that the row stands for no more; `as_of` for whom it leaves at this version.

    A withdrawal that is said again says the time of the first one: whoever hears it again is no later for that.
    """
    gone = {to: since for told in tolds for to, since in told.items() if since is not None}
    if not gone:
        return {}
    return {to: times.get(to, as_of) for to, since in gone.items() if to in times or since == version}


def to_withdraw(told: Told, *, version: Version) -> tuple[str, ...]:
    """Whom a message of this version (or a later one) withdrew from: told now, and again if the message comes again."""
    return tuple(to for to, since in told.items() if since is not None and since >= version)
