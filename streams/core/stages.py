"""The stage is a fold of milestones; the table in `rules/stages.toml` says what each kind decides.

First line that holds: 1. `final`. 2. `current`. 3. `closing`, unless something `lifting` is fresher. 4. the furthest
`progress` since the last setback. 5. the setback's stage, until a `recovery`. 6. the furthest `base`. 7. `first`.
Ties of time: a setback beats progress; then the further stage; then the greater milestone_id.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.activity import Milestone
from streams.core.rules import Rules
from streams.core.stages_rules import ANY, MilestoneRule, StagesRules

__all__ = ["CORRECTION", "StageNow", "Stages", "stage_of", "stages_in"]

CORRECTION: Final = "correction"
DECIDE_ALONE: Final = ("current", "final")
ALWAYS: Final = -(2**62)


class StageNow(Struct, frozen=True, kw_only=True):
    """Where somebody stands, what decided it, and until when nobody writes. Times are UTC milliseconds.

    `lifted_by`: what ended a dead end.
    """

    stage: str
    since: int
    by: Milestone | None
    hold_until: int | None = None
    lifted_by: Milestone | None = None


class Stages:
    """`stages.toml` made ready. Immutable."""

    __slots__ = ("by_name", "milestones", "rules", "way")

    def __init__(self, rules: StagesRules) -> None:
        self.rules = rules
        self.by_name = {stage.name: stage for stage in rules.stage}
        self.milestones = {rule.kind: rule for rule in rules.milestone}
        self.way = tuple(sorted((stage for stage in rules.stage if stage.rank > 0), key=lambda stage: stage.rank))

    def rank(self, stage: str) -> int:
        """Place of a stage: an account stands where its greatest is."""
        found = self.by_name.get(stage)
        return 0 if found is None else found.rank

    def passed(self, leaves: str, to: str, *, by: str) -> tuple[str, ...]:
        """Stages of the way that a jump skips: between both, or up to the one that `to` is fallen out of.

        From beside the way: none by an arrow of its own, else the furthest stage that what proved it leads from.
        """
        start, end = self.by_name.get(leaves), self.by_name[to]
        if start is not None and start.rank < 0:
            left = {stage for arrow in self.rules.arrow if (arrow.to, arrow.by) == (to, by) for stage in arrow.leaves}
            if leaves in left or ANY in left:
                return ()
            return tuple(stage.name for stage in self.way if stage.name in left)[-1:]
        place = 0 if start is None else start.rank
        last = self.by_name[end.after].rank if end.after else end.rank - 1
        return tuple(stage.name for stage in self.way if place < stage.rank <= last)

    def arrow(self, leaves: str, now: StageNow, *, held: bool) -> tuple[str, str]:
        """Arrow and `via` of a move. `held`: what decided before still stands; if not, the move corrects it."""
        arrows = self.rules.arrow
        if self.is_lifted(leaves, now):
            chosen = [arrow for arrow in arrows if leaves in arrow.leaves and not arrow.to]
        else:
            by = now.by.kind if now.by else ""
            led = [arrow for arrow in arrows if arrow.to == now.stage]
            proved = [arrow for arrow in led if arrow.by == by]
            straight = [arrow for arrow in proved if leaves in arrow.leaves or ANY in arrow.leaves]
            chosen = straight or proved or led
        if not chosen:
            return "", CORRECTION
        return chosen[0].id, chosen[0].via if held and now.by else CORRECTION

    def is_lifted(self, leaves: str, now: StageNow) -> bool:
        """Whether a move out of this stage happens because somebody lifted a dead end, and not for a deal."""
        closed = any(rule.role == "closing" and rule.stage == leaves for rule in self.rules.milestone)
        return closed and now.lifted_by is not None and self.role(now.by.kind if now.by else "") not in DECIDE_ALONE

    def holds(self, was_by: Milestone, milestones: Sequence[Milestone]) -> bool:
        """Whether what decided is still among these: itself, a later state of it, or so many that it was pushed out."""
        alike = [one for one in milestones if one.kind == was_by.kind]
        rule = self.milestones.get(was_by.kind)
        pushed_out = rule is not None and (len(alike) >= rule.keep or (bool(alike) and rule.role == "recovery"))
        return pushed_out or any(one.milestone_id == was_by.milestone_id for one in milestones)

    def role(self, kind: str) -> str:
        """What milestones of this kind decide, "" for nothing."""
        found = self.milestones.get(kind)
        return "" if found is None else found.role


@lru_cache(8)
def stages_in(rules: Rules) -> Stages:
    """The stages of these rules, made ready once."""
    return Stages(rules.stages)


def stage_of(milestones: Iterable[Milestone], *, as_of: int, consent: bool, stages: Stages) -> StageNow:
    """The stage. `as_of` only says whether a hold still lasts. Kinds that the table does not name decide nothing."""
    return _Deciding(milestones, as_of=as_of, consent=consent, stages=stages).now()


class _Deciding:
    """One decision: the milestones by role, freshest last."""

    def __init__(self, milestones: Iterable[Milestone], *, as_of: int, consent: bool, stages: Stages) -> None:
        self.as_of = as_of
        self.stages = stages
        found = sorted(milestones, key=lambda one: (one.at, one.milestone_id))
        self.of_role: dict[str, list[tuple[Milestone, MilestoneRule]]] = {}
        for one in found:
            rule = stages.milestones.get(one.kind)
            if rule is not None and (consent or not rule.consent) and _is_behind(one, rule.needs, found):
                self.of_role.setdefault(rule.role, []).append((one, rule))

    def now(self) -> StageNow:
        """The first line that holds."""
        for role in reversed(DECIDE_ALONE):
            if decided := self._earliest(role):
                return decided
        if (closed := self._closed()) is not None:
            return closed
        setback = self._setback()
        since = ALWAYS if setback is None else setback[0].at
        hold_until = None if setback is None else self._hold_end(*setback)
        if (decided := self._furthest("progress", after=since)) is None and setback is not None:
            decided = self._set_back(*setback, hold_until=hold_until or since)
        if decided is None:
            decided = self._furthest("base", after=ALWAYS) or self._first()
        held = setback is not None and decided.by == setback[0]  # then the hold is shown also when it is over
        shown = hold_until if hold_until is not None and (held or self.as_of < hold_until) else None
        return replace(decided, hold_until=shown, lifted_by=self._lifted_by())

    def _earliest(self, role: str) -> StageNow | None:
        """What decides as long as it is there, since it first was."""
        found = self.of_role.get(role)
        return None if not found else _now(*found[0])

    def _closed(self) -> StageNow | None:
        """The freshest end, unless it was lifted later."""
        closing = self.of_role.get("closing")
        return None if not closing or self._lifted_by() else _now(*closing[-1])

    def _lifted_by(self) -> Milestone | None:
        """What is fresher than the freshest end."""
        closing, lifting = self.of_role.get("closing"), self.of_role.get("lifting")
        return lifting[-1][0] if closing and lifting and lifting[-1][0].at > closing[-1][0].at else None

    def _setback(self) -> tuple[Milestone, MilestoneRule] | None:
        """The freshest setback; some kinds are one only the nth time since the setback before."""
        last: tuple[Milestone, MilestoneRule] | None = None
        counts: dict[str, int] = {}
        for one, rule in self.of_role.get("setback", ()):
            counts[rule.kind] = counts.get(rule.kind, 0) + 1
            if counts[rule.kind] >= rule.times:
                last, counts = (one, rule), {}
        return last

    def _hold_end(self, setback: Milestone, rule: MilestoneRule) -> int:
        return setback.at + self.stages.rules.hold_ms(rule.stage, setback.what)

    def _set_back(self, setback: Milestone, rule: MilestoneRule, *, hold_until: int) -> StageNow | None:
        """Held back, until a recovery; None where this reason leads to the base at once."""
        if setback.what in rule.base_reasons:
            return None
        for one, recovers in self.of_role.get("recovery", ()):
            if one.at > setback.at and (one.at >= hold_until or not recovers.waits):
                return _now(one, recovers)
        return _now(setback, rule)

    def _furthest(self, role: str, *, after: int) -> StageNow | None:
        """The furthest stage that something fresher than `after` proves, since the first proof of it."""
        fresh = [(one, rule) for one, rule in self.of_role.get(role, ()) if one.at > after]
        if not fresh:
            return None
        rank = max(self.stages.rank(rule.stage) for _, rule in fresh)
        return next(_now(one, rule) for one, rule in fresh if self.stages.rank(rule.stage) == rank)

    def _first(self) -> StageNow:
        names = [rule.stage for rule in self.stages.rules.milestone if rule.role == "first"]
        return StageNow(stage=names[0] if names else "", since=self.as_of, by=None)


def _now(one: Milestone, rule: MilestoneRule) -> StageNow:
    return StageNow(stage=rule.stage, since=one.at, by=one)


def _is_behind(one: Milestone, needs: str, found: Sequence[Milestone]) -> bool:
    return not needs or any(other.kind == needs and other.at <= one.at for other in found)
