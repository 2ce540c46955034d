"""What `rules/stages.toml` may say: stages, what decides about them, the arrows between them, clocks, holds.

That the table is whole (`streams/core/stage/graph.py`) is checked when it is read.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from streams.core.rulebook.faults import RuleFault
from streams.core.said import Said

__all__ = ["ANY", "Arrow", "Candidate", "Check", "Consent", "Engaged", "Family", "Guard", "Hold", "MilestoneRule",
           "Qualified", "Release", "Role", "Sla", "Stage", "StagesRules"]  # fmt: skip

Name: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Days: TypeAlias = Annotated[int, Meta(ge=0)]
Role: TypeAlias = Literal[
    "first", "base", "progress", "setback", "recovery", "closing", "lifting", "current", "final", "absorbed", "note"
]
ANY: Final = "any"  # an arrow that leaves every stage


class Stage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place in the journey. `rank` > 0: its place on the way, else beside it. An account stands at its greatest.

    `inventory` has no clock, `sla` has one (`[[sla]]`), `terminal` is left by hand only. `sub_stages` in their order.
    """

    name: Name
    label: str
    kind: Literal["inventory", "sla", "terminal"]
    rank: int
    sub_stages: tuple[Name, ...] = ()


class MilestoneRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of milestone and what it decides.

    `absorbed` while the lead is another one, `final` for good, `current` while it holds, `closing` until something
    fresher of role `lifting`, `progress` if it is fresher than the last `setback` (of the setback, `times` since the
    one before), `recovery` ends a setback (`waits`: only from the end of the hold on, else it ends the hold too),
    `base` where nothing else decides, `first` before anybody has a name, `note` nothing by itself. A setback without a
    stage leads back to the base.
    """

    kind: Name
    role: Role
    stage: str = ""
    sub_stage: str = ""  # "" in a stage that has some: the milestone itself says which
    keep: Annotated[int, Meta(ge=1, le=64)] = 8
    by_hand: bool = False  # people in sales may say it
    reasons: tuple[str, ...] = ()  # if not empty: by hand only with one of these
    why: bool = False  # by hand only with a reason, in any words
    needs: str = ""  # counts only behind a milestone of this kind
    times: Annotated[int, Meta(ge=1)] = 1
    waits: bool = False
    consent: bool = False  # counts only with consent to marketing
    base_reasons: tuple[str, ...] = ()  # a setback for these leads back to the base at once


class Arrow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way from stage to stage: `by` is the kind of milestone that proves it. `to` "" = wherever the rest leads."""

    id: Annotated[str, Meta(pattern=r"^[TM][0-9]+$")]
    leaves: tuple[str, ...]
    to: str = ""
    by: Name
    via: Name


class Sla(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long sales has in a stage that milestones of kind `by` proved: `hours` of work, or so many `days` of work.

    Days end at the same local time. It starts at the milestone, or at the date that it names. It moves nobody.
    """

    stage: str
    by: Name
    hours: Annotated[int, Meta(ge=1)] | None = None
    days: Annotated[int, Meta(ge=1, le=60)] | None = None

    def __post_init__(self) -> None:
        """Exactly one length. Raises ValueError."""
        if (self.hours is None) == (self.days is None):
            raise RuleFault(Said("say either hours or days"))


class Guard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A setback of this kind and reason counts only after so many tries since the last setback, or so many days.

    Both bounds are inclusive; days count from the first progress since that setback.
    """

    kind: Name
    reason: str
    tried: Name  # the kind of milestone that is a try
    tries: Annotated[int, Meta(ge=1, le=16)]
    days: Days


class Check(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question that a talk has to answer: `yes` if all its flags are. `text`: any words or number are a yes."""

    name: Name
    flags: tuple[Name, ...] = ()  # none: the name itself is the flag
    text: bool = False


class Qualified(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a score makes an MQL (T3). All in points."""

    total: float = 100.0
    engagement: float = 40.0
    families: Annotated[int, Meta(ge=1)] = 2
    family_points: float = 1.0
    fresh_points: float = 20.0  # from hits younger than a disposition, where there was one
    fresh_days: Annotated[int, Meta(ge=1)] = 7  # what crosses must have happened within these: imports qualify nobody
    leaves: tuple[str, ...] = ("gained", "nurture")
    hot_until: Annotated[float, Meta(gt=0, le=1)] = 0.8  # of `total`: below it the hot mark goes off


class Family(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules that count as one when different rules are asked for."""

    name: Name
    rules: tuple[Name, ...]


class Engaged(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hit of one of these rules shows interest in what we sell (T2)."""

    rules: tuple[Name, ...] = ("product_page", "pricing_page", "comparison_page")


class Candidate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hit of one of these rules makes a person look at whether this is a dead end; it moves nobody."""

    rules: tuple[Name, ...] = ("hard_bounce",)


class Consent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Consent to marketing, as a trait says it. `opt_out`: there unless refused; `opt_in`: only where it was given."""

    mode: Literal["opt_out", "opt_in"] = "opt_out"
    trait: str = "marketing_consent"
    refused: tuple[str, ...] = ("no", "false", "0", "off", "denied", "refused", "withdrawn")
    given: tuple[str, ...] = ("yes", "true", "1", "on", "granted", "given")


class Hold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long nobody writes after a setback with this reason; reason "" = every other.

    `before_contract_end_days`: it ends so long before the rival's contract does, where that date is known.
    `until_release`: it ends earlier with a release that answers the reason.
    """

    stage: str
    reason: str = ""
    days: Days
    before_contract_end_days: Days | None = None
    until_release: bool = False


class Release(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that was missing is there: `answers` are reasons of losses, such as `feature_gap:sso`."""

    answers: Annotated[tuple[str, ...], Meta(min_length=1)]
    at: Annotated[datetime, Meta(tz=True)]


class StagesRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    stage: tuple[Stage, ...]
    milestone: tuple[MilestoneRule, ...]
    arrow: tuple[Arrow, ...]
    sla: tuple[Sla, ...] = ()
    guard: tuple[Guard, ...] = ()
    check: tuple[Check, ...] = ()
    hold: tuple[Hold, ...] = ()
    release: tuple[Release, ...] = ()
    family: tuple[Family, ...] = ()
    qualified: Qualified = Qualified()
    engaged: Engaged = Engaged()
    candidate: Candidate = Candidate()
    consent: Consent = Consent()
