"""What `rules/stages.toml` may say: stages, what decides about them, the arrows between them, thresholds and holds.

The table is checked when it is read: every name exists, every arrow has its criterion, every stage can be reached.
"""

from collections.abc import Iterable
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

__all__ = ["ANY", "Arrow", "Consent", "Engaged", "Family", "Hold", "MilestoneRule", "Qualified", "Role", "Stage",
           "StagesRules"]  # fmt: skip

Name: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Role: TypeAlias = Literal["first", "base", "progress", "setback", "recovery", "closing", "lifting", "current", "final"]
ANY: Final = "any"  # an arrow that leaves every stage
DAY_MS: Final = 86_400_000


class Stage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place in the journey. `rank` > 0: its place on the way, else beside it. An account stands at its greatest.

    `after` names the stage that a lead falls out of when it comes here from further back (it passed through).
    """

    name: Name
    label: str
    kind: Literal["inventory", "sla", "terminal"]
    rank: int
    after: str = ""


class MilestoneRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of milestone and what it decides.

    `final` for good, `current` while it holds, `closing` until something fresher of role `lifting`, `progress` if it is
    fresher than the last `setback` (of the setback, `times` since the one before), `recovery` ends a setback (`waits`:
    only from the end of the hold on), `base` where nothing else decides, `first` before anybody has a name.
    """

    kind: Name
    role: Role
    stage: str = ""
    keep: Annotated[int, Meta(ge=1, le=64)] = 8
    by_hand: bool = False  # people in sales may say it
    reasons: tuple[str, ...] = ()  # if not empty: by hand only with one of these
    needs: str = ""  # counts only behind a milestone of this kind
    times: Annotated[int, Meta(ge=1)] = 1
    waits: bool = False
    consent: bool = False  # counts only with consent to marketing
    base_reasons: tuple[str, ...] = ()  # a setback for these leads back to the base at once


class Arrow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way from stage to stage: `by` is the kind of milestone that proves it. `to` "" = wherever the rest leads."""

    id: Annotated[str, Meta(pattern=r"^T[0-9]+$")]
    leaves: tuple[str, ...]
    to: str = ""
    by: Name
    via: Name


class Qualified(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a score makes an MQL (T3). All in points."""

    total: float = 100.0
    engagement: float = 40.0
    families: Annotated[int, Meta(ge=1)] = 2
    family_points: float = 1.0
    fresh_points: float = 20.0  # from hits younger than a disposition, where there was one
    leaves: tuple[str, ...] = ("gained", "nurture")
    hot_until: Annotated[float, Meta(gt=0, le=1)] = 0.8  # of `total`: below it the hot mark goes off


class Family(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules that count as one when different rules are asked for."""

    name: Name
    rules: tuple[Name, ...]


class Engaged(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hit of one of these rules shows interest in what we sell (T2)."""

    rules: tuple[Name, ...] = ("product_page", "pricing_page", "comparison_page")


class Consent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Consent to marketing, as a trait says it. `opt_out`: there unless refused; `opt_in`: only where it was given."""

    mode: Literal["opt_out", "opt_in"] = "opt_out"
    trait: str = "marketing_consent"
    refused: tuple[str, ...] = ("no", "false", "0", "off", "denied", "refused", "withdrawn")
    given: tuple[str, ...] = ("yes", "true", "1", "on", "granted", "given")


class Hold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long nobody writes after a setback with this reason; reason "" = every other."""

    stage: str
    reason: str = ""
    days: Annotated[int, Meta(ge=0)]


class StagesRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    stage: tuple[Stage, ...]
    milestone: tuple[MilestoneRule, ...]
    arrow: tuple[Arrow, ...]
    hold: tuple[Hold, ...] = ()
    family: tuple[Family, ...] = ()
    qualified: Qualified = Qualified()
    engaged: Engaged = Engaged()
    consent: Consent = Consent()

    def __post_init__(self) -> None:
        """The graph is whole. Raises ValueError."""
        self._check_names()
        for rule in self.milestone:
            if rule.stage and not any(arrow.by == rule.kind and arrow.to == rule.stage for arrow in self.arrow):
                raise ValueError(f'milestone "{rule.kind}": no [[arrow]] leads to "{rule.stage}" by it')
        if lost := sorted({stage.name for stage in self.stage} - _reached(self.arrow)):
            raise ValueError(f'stage "{lost[0]}": no arrow reaches it')

    def _check_names(self) -> None:
        """Names are unique, and what is named is there."""
        names = [stage.name for stage in self.stage]
        kinds = [rule.kind for rule in self.milestone]
        _unique("stage", names)
        _unique("milestone", kinds)
        _unique("rank", [str(stage.rank) for stage in self.stage])
        for stage in self.stage:
            _known(stage.after, names, f'stage "{stage.name}": after')
        for rule in self.milestone:
            _known(rule.stage, names, f'milestone "{rule.kind}": stage')
            _known(rule.needs, kinds, f'milestone "{rule.kind}": needs')
        for arrow in self.arrow:
            _known(arrow.to, names, f'arrow "{arrow.id}": to')
            _known(arrow.by, kinds, f'arrow "{arrow.id}": by')
            for leaves in arrow.leaves:
                _known(leaves if leaves != ANY else "", names, f'arrow "{arrow.id}": leaves')
        for hold in self.hold:
            _known(hold.stage, names, "hold: stage")

    def hold_ms(self, stage: str, reason: str) -> int:
        """Length of the hold in `stage` after a setback with this reason, in milliseconds; 0 = none."""
        days = {hold.reason: hold.days for hold in self.hold if hold.stage == stage}
        return next((days[said] for said in (reason, reason.partition(":")[0], "") if said in days), 0) * DAY_MS


def _unique(what: str, names: list[str]) -> None:
    if doubled := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f'{what} "{doubled}" is there twice')


def _known(name: str, names: Iterable[str], what: str) -> None:
    if name and name not in names:
        raise ValueError(f'{what}: there is no "{name}"')


def _reached(arrows: Iterable[Arrow]) -> set[str]:
    """Stages that can be reached from nowhere ("")."""
    reached = {""}
    while more := {arrow.to for arrow in arrows if arrow.to and reached & {*arrow.leaves, *_anywhere(arrow)}} - reached:
        reached |= more
    return reached


def _anywhere(arrow: Arrow) -> set[str]:
    return {""} if ANY in arrow.leaves else set()
