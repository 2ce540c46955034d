"""What somebody declared void: a test form, a visit of our own. Kept apart from hits, so that order cannot matter."""

from collections.abc import Iterable
from typing import Final

from schemas.activity import Activity, Milestone, Void
from schemas.touches import VoidOrder
from streams.core.days import DAY_MS
from streams.core.errors import UnknownDecision

__all__ = ["MAX_VOIDS", "is_void", "kept_voids", "void_of", "without"]

KEPT_DAYS: Final = 400
MAX_VOIDS: Final = 64


def void_of(order: VoidOrder) -> Void:
    """The order as a row keeps it. Raises UnknownDecision for one that names nothing, or two things."""
    if bool(order.hit_id) == bool(order.milestone_id):
        raise UnknownDecision("what is void is either a hit_id or a milestone_id")
    return Void(order.at, order.hit_id, order.milestone_id, order.reason, order.actor)


def kept_voids(voids: Iterable[Void], *, as_of: int) -> tuple[Void, ...]:
    """The newest order about each thing, 64 at most, none older than 400 days."""
    kept: dict[tuple[int, str], Void] = {}
    for one in sorted(voids, reverse=True):
        if one.at <= as_of - KEPT_DAYS * DAY_MS or len(kept) >= MAX_VOIDS:
            break
        kept.setdefault(one[1:3], one)
    return tuple(kept.values())


def is_void(milestone: Milestone, voids: Iterable[Void]) -> bool:
    """Whether a milestone counts for nothing: by its own id, or because the hit that it came with is void."""
    own = milestone.milestone_id
    return any(own == (one.milestone_id or f"{one.hit_id:016x}") for one in voids)


def without(activity: Activity, voids: tuple[Void, ...]) -> Activity:
    """What is left for everything but the score (which shows void hits struck out); the same where nothing is void."""
    if not voids:
        return activity
    gone = {one.hit_id for one in voids}
    hits = {name: tuple(hit for hit in kept if hit.hit_id not in gone) for name, kept in activity.hits.items()}
    return Activity(
        hits={name: kept for name, kept in hits.items() if kept},
        pages=tuple(page for page in activity.pages if page.hit_id not in gone),
        milestones=tuple(one for one in activity.milestones if not is_void(one, voids)),
        traits=activity.traits,
    )
