"""Which hits a rule remembers: a join, so that order, copies and blocks cannot matter.

An element is a hit at a time. Of two times of one hit in one bucket the later is the element; in two buckets both
are, and only the later is scored. Walking from the freshest, an element is kept if fewer than `limit` of its bucket and
fewer than `keep` in all are kept before it. The number before it only grows, so what was let go never comes back.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from msgspec import Struct

from schemas.activity import Hit, Hits
from streams.core.days import DayOf, week_of
from streams.core.rulebook.scoring_rules import ScoringRule

__all__ = ["BucketOf", "Keep", "freshest", "keep_of", "latest_of_each", "of_no_bucket"]

BucketOf: TypeAlias = Callable[[Hit], int | str]


class Keep(Struct, frozen=True):
    """How one rule remembers: `most` in all, `limit` of one bucket (None = no limit of its own)."""

    most: int
    limit: int | None
    bucket_of: BucketOf


def keep_of(rule: ScoringRule, day_of: DayOf) -> Keep:
    """The keep walk that a rule asks for."""
    if rule.limit is None:
        return Keep(rule.keep, None, of_no_bucket)
    buckets: dict[str, BucketOf] = {
        "asset": _object,
        "day": lambda hit: day_of(hit[0]),
        "message": _object,
        "program": _object,
        "week": lambda hit: week_of(day_of(hit[0])),
    }
    return Keep(rule.keep, rule.limit, buckets[rule.limit_per])


def freshest(hits: Iterable[Hit], keep: Keep) -> Hits:
    """The hits that are kept, freshest first."""
    most, bucket_of = keep.most, keep.bucket_of
    limit = most if keep.limit is None else keep.limit
    kept: list[Hit] = []
    taken: dict[int | str, set[int]] = {}
    for hit in sorted(hits, reverse=True):
        ids = taken.setdefault(bucket_of(hit), set())
        if hit[1] in ids or len(ids) >= limit:
            continue
        ids.add(hit[1])
        kept.append(hit)
        if len(kept) >= most:
            break
    return tuple(kept)


def latest_of_each(hits: Iterable[Hit]) -> Hits:
    """Of several times of one hit the latest: what is scored. `hits` come freshest first."""
    seen: dict[int, Hit] = {}
    for hit in hits:
        seen.setdefault(hit[1], hit)
    return tuple(seen.values())


def of_no_bucket(_: Hit) -> int:
    """All hits are in one."""
    return 0


def _object(hit: Hit) -> str:
    """The asset, the message, the program that it is about."""
    return hit[2]
