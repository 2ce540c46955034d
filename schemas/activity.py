"""What is remembered of somebody's doings: the joinable shape that rows keep and standings carry.

Times are UTC milliseconds. Every part is a join (union, newest, greatest), so copies and order do not matter.
"""

from typing import Final, NamedTuple, TypeAlias

from msgspec import Struct

__all__ = ["OUR_CLOCK", "Activity", "Claim", "Decision", "Hit", "Milestone", "PageSeen", "Trait", "Version", "Void"]

OUR_CLOCK: Final = "our_clock"
"""Beside the rules: hits whose time is ours, since what their sender named cannot be. `what` says why."""


class Version(NamedTuple):
    """The newest message folded into a row: epoch of its inbox (grows when partitions change) and offset there."""

    epoch: int
    offset: int


class Hit(NamedTuple):
    """One event as one scoring rule remembers it. Sorting hits sorts by freshness; `what` is a path or a form."""

    at: int
    hit_id: int
    what: str = ""


class PageSeen(NamedTuple):
    """One page that somebody opened, with the most attention seen for it. None = the source cannot measure it."""

    at: int
    hit_id: int
    path: str
    kind: str
    dwell_ms: int | None
    interactions: int | None


class Milestone(NamedTuple):
    """Something that decides about a stage: `kind` is one that `stages.toml` names, `what` its reason or its object.

    `until`: a date that the customer named, 0 for none.
    """

    at: int
    kind: str
    milestone_id: str
    what: str = ""
    until: int = 0


class Decision(NamedTuple):
    """What a person in sales decided or reported. Sorting decisions sorts by freshness.

    `until` is a date that the customer named (0 = none); `said` holds answers by name, such as the five checks.
    """

    at: int
    kind: str
    milestone_id: str
    reason: str
    actor: str
    until: int = 0
    said: tuple[tuple[str, str], ...] = ()


class Void(NamedTuple):
    """Somebody ordered at `at` that a hit (or, `hit_id` 0, a milestone) counts for nothing."""

    at: int
    hit_id: int
    milestone_id: str
    reason: str
    actor: str


class Trait(NamedTuple):
    """One trait as it was said at `at`; the newest wins, ties by value."""

    at: int
    value: str


class Claim(NamedTuple):
    """At `at` this browser was said to be that lead."""

    at: int
    lead_id: str
    trust: str


Hits: TypeAlias = tuple[Hit, ...]


class Activity(Struct, frozen=True, array_like=True, gc=False):
    """All that is kept of one person's doings through one source.

    `hits` by rule name, freshest first; `pages` freshest first (`streams/core/activity/pages.py` says which are kept);
    `milestones` freshest first; `traits` by name.
    """

    hits: dict[str, Hits] = {}
    pages: tuple[PageSeen, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    traits: dict[str, Trait] = {}
