"""The table in `rules/stages.toml` made ready: who stands where, by which arrow, past what."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from schemas.activity import Milestone
from streams.core.rulebook.stages_rules import ANY, Arrow, MilestoneRule, StagesRules
from streams.core.rules import Rules

__all__ = ["CORRECTION", "DECIDE_ALONE", "StageNow", "Stages", "stages_in"]

CORRECTION: Final = "correction"
DECIDE_ALONE: Final = ("current", "final", "absorbed")
REMEMBERED: Final = 256  # questions about the arrows, asked in the rules' own words


class StageNow(Struct, frozen=True, kw_only=True):
    """Where somebody stands, what decided it, and until when nobody writes. Times are UTC milliseconds.

    `lifted_by` ended a dead end, `fell_by` is the setback that led back to the base. `proofs` prove this stage and
    sub-stage. `setback` is the last one, also where it no longer holds.
    """

    stage: str
    since: int
    by: Milestone | None
    sub_stage: str = ""
    lifted_by: Milestone | None = None
    fell_by: Milestone | None = None
    proofs: tuple[Milestone, ...] = ()
    setback: Milestone | None = None
    hold_until: int | None = None
    mail_stop_until: int | None = None
    due_at: int | None = None
    reminder_at: int | None = None


class Stages:
    """`stages.toml` made ready. Immutable but for its look-up caches."""

    __slots__ = ("_arrow", "_is_of", "_passed", "by_name", "milestones", "rules", "way")

    def __init__(self, rules: StagesRules) -> None:
        self.rules = rules
        self.by_name = {stage.name: stage for stage in rules.stage}
        self.milestones: dict[str, MilestoneRule] = {rule.kind: rule for rule in rules.milestone}
        self._arrow = lru_cache(REMEMBERED)(self._arrow_of)
        self._is_of = lru_cache(REMEMBERED)(self._leads_to)
        self._passed = lru_cache(REMEMBERED)(self._skipped)
        self.way = tuple(sorted((stage for stage in rules.stage if stage.rank > 0), key=lambda stage: stage.rank))

    def rank(self, stage: str) -> int:
        """Place of a stage: an account stands where its greatest is."""
        found = self.by_name.get(stage)
        return 0 if found is None else found.rank

    def place(self, sub_stage: str, stage: str) -> int:
        """Place of a sub-stage in its stage, -1 for none."""
        found = self.by_name.get(stage)
        return -1 if found is None or sub_stage not in found.sub_stages else found.sub_stages.index(sub_stage)

    def sub_stage(self, one: Milestone) -> str:
        """The sub-stage that a milestone proves: its rule's, else what itself says, "" in stages without any."""
        rule = self.milestones[one.kind]
        return rule.sub_stage or (one.what if self.place(one.what, rule.stage) >= 0 else "")

    def passed(self, leaves: str, to: str, *, by: str) -> tuple[str, ...]:
        """Stages of the way that a jump skips: between both, or up to the one that `to` is fallen out of.

        From beside the way: none by an arrow of its own, else of the stages that such a proof leads from the nearest.
        """
        return self._passed(leaves, to, by)

    def _skipped(self, leaves: str, to: str, by: str) -> tuple[str, ...]:
        start, end = self.by_name.get(leaves), self.by_name[to]
        left = {stage for arrow in self.rules.arrow if (arrow.to, arrow.by) == (to, by) for stage in arrow.leaves}
        usual = [stage for stage in self.way if stage.name in left]
        if start is not None and start.rank < 0:
            if leaves in left or ANY in left:
                return ()
            return tuple(stage.name for stage in (usual[-1:] if end.rank > 0 else usual[:1]))
        place = 0 if start is None else start.rank
        last = end.rank - 1 if end.rank > 0 else usual[0].rank if usual else 0
        return tuple(stage.name for stage in self.way if place < stage.rank <= last)

    def arrow(self, leaves: str, to: str, proof: Milestone | None) -> Arrow | None:
        """The arrow of a move: one that leaves here for there by this proof, else by the proof, else one that leads."""
        return self._arrow(leaves, to, proof.kind if proof else "")

    def _arrow_of(self, leaves: str, to: str, by: str) -> Arrow | None:
        if self.role(by) == "lifting" or self.is_of(leaves, "absorbed"):
            to = ""  # wherever the rest leads
        led = [arrow for arrow in self.rules.arrow if arrow.to == to and (to or leaves in arrow.leaves)]
        proved = [arrow for arrow in led if arrow.by == by]
        straight = [arrow for arrow in proved if leaves in arrow.leaves or ANY in arrow.leaves]
        chosen = straight or proved or led
        return chosen[0] if chosen else None

    def is_of(self, stage: str, *roles: str) -> bool:
        """Whether milestones of one of these roles lead to this stage."""
        return self._is_of(stage, roles)

    def _leads_to(self, stage: str, roles: tuple[str, ...]) -> bool:
        return any(rule.role in roles and rule.stage == stage for rule in self.rules.milestone)

    def holds(self, was: Milestone, milestones: Sequence[Milestone]) -> bool:
        """Whether what decided is still among these: itself, a later state of it, or so many that it was pushed out.

        What is final has no later state: a won deal that is told as lost was never won.
        """
        alike = [one for one in milestones if one.kind == was.kind]
        rule = self.milestones.get(was.kind)
        pushed_out = rule is not None and (len(alike) >= rule.keep or (bool(alike) and rule.role == "recovery"))
        same = alike if rule is not None and rule.role == "final" else milestones
        return pushed_out or any(one.milestone_id == was.milestone_id for one in same)

    def role(self, kind: str) -> str:
        """What milestones of this kind decide, "" for nothing."""
        found = self.milestones.get(kind)
        return "" if found is None else found.role


@lru_cache(8)
def stages_in(rules: Rules) -> Stages:
    """The stages of these rules, made ready once."""
    return Stages(rules.stages)
