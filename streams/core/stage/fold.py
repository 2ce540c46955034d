"""The stage is a fold of milestones; the table in `rules/stages.toml` says what each kind decides (asks A11, A18).

First line that holds: 0. `absorbed` (it is another lead now). 1. `final`. 2. `current`. 3. `closing`, unless something
`lifting` is fresher. 4. the furthest `progress` since the last setback. 5. the setback's stage, until a `recovery`.
6. the furthest `base`. 7. `first`.
Ties of time: a setback beats progress; then the further stage; then the greater milestone_id.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from msgspec.structs import replace

from schemas.activity import Milestone
from streams.core.days import DAY_MS
from streams.core.rulebook.stages_rules import MilestoneRule
from streams.core.stage.holds import hold_end
from streams.core.stage.stages import DECIDE_ALONE, StageNow, Stages

__all__ = ["stage_of"]

ALWAYS: Final = -(2**62)
Ruled: TypeAlias = tuple[Milestone, MilestoneRule]


def stage_of(milestones: Iterable[Milestone], *, as_of: int, consent: bool, stages: Stages) -> StageNow:
    """The stage. `as_of` only says whether a hold still lasts. Kinds that the table does not name decide nothing."""
    return _Deciding(milestones, as_of=as_of, consent=consent, stages=stages).now()


class _Deciding:
    """One decision: the milestones by role, freshest last."""

    def __init__(self, milestones: Iterable[Milestone], *, as_of: int, consent: bool, stages: Stages) -> None:
        self.as_of = as_of
        self.stages = stages
        self.found = sorted(milestones, key=lambda one: (one.at, one.milestone_id))
        self.of_role: dict[str, list[Ruled]] = {}
        for one in self.found:
            rule = stages.milestones.get(one.kind)
            if rule is not None and (consent or not rule.consent) and _is_behind(one, rule.needs, self.found):
                self.of_role.setdefault(rule.role, []).append((one, rule))

    def now(self) -> StageNow:
        """The first line that holds, with the hold of the last setback."""
        setbacks = self._setbacks()
        setback = setbacks[-1] if setbacks else None
        after = ALWAYS if setback is None else setback[0].at
        decided = self._decided(setback)
        if decided.by is not None:
            decided = self._with_sub_stage(decided, after=after)
        decided = replace(decided, lifted_by=self._lifted_by())
        return self._held(decided, setbacks) if setbacks else decided

    def _decided(self, setback: Ruled | None) -> StageNow:
        for role in reversed(DECIDE_ALONE):
            if decided := self._earliest(role):
                return decided
        if (closed := self._closed()) is not None:
            return closed
        if setback is None:
            return self._furthest("progress", after=ALWAYS) or self._base()
        if decided := self._furthest("progress", after=setback[0].at) or self._set_back(*setback):
            return decided
        return replace(self._base(), fell_by=setback[0])

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

    def _setbacks(self) -> list[Ruled]:
        """The setbacks that count, freshest last; some kinds are one only the nth time since the setback before."""
        counted: list[Ruled] = []
        counts: dict[str, int] = {}
        said = self.of_role.get("setback", [])
        for one, rule in sorted(said, key=lambda pair: (pair[0].at, self.stages.rank(pair[1].stage))):
            if self._is_too_early(one, after=counted[-1][0].at if counted else ALWAYS):
                continue
            counts[rule.kind] = counts.get(rule.kind, 0) + 1
            if counts[rule.kind] >= rule.times:
                counted.append((one, rule))
                counts = {}
        return counted

    def _is_too_early(self, setback: Milestone, *, after: int) -> bool:
        """Whether a guard asks for more tries, or for more time since the first progress."""
        rules = self.stages.rules.guard
        guard = next((one for one in rules if (one.kind, one.reason) == (setback.kind, setback.what)), None)
        if guard is None:
            return False
        before = [one for one in self.found if after < one.at <= setback.at]
        tries = sum(one.kind == guard.tried for one in before)
        begun = next((one.at for one in before if self.stages.role(one.kind) == "progress"), setback.at)
        return tries < guard.tries and setback.at - begun < guard.days * DAY_MS

    def _set_back(self, setback: Milestone, rule: MilestoneRule) -> StageNow | None:
        """Held back, until a recovery; None where this reason leads to the base at once."""
        hold_until = self._hold_end(setback, rule)
        if hold_until is None:
            return None
        for one, recovers in self.of_role.get("recovery", ()):
            if one.at > setback.at and (one.at >= hold_until or not recovers.waits):
                return _now(one, recovers)
        return _now(setback, rule)

    def _hold_end(self, setback: Milestone, rule: MilestoneRule) -> int | None:
        """When the hold of a setback ends, whoever opted in since; None for one that leads to the base."""
        if not rule.stage or setback.what in rule.base_reasons:
            return None
        return hold_end(setback, rule.stage, self.stages.rules)

    def _held(self, decided: StageNow, setbacks: Sequence[Ruled]) -> StageNow:
        """With the hold of the last setback, while it lasts or decides, and the mail stop of all.

        Customers and dead ends have neither. An opt-in ends what was before it, a date that the customer named too.
        """
        setback, rule = setbacks[-1]
        decided = replace(decided, setback=setback)
        if decided.by is not None and self.stages.role(decided.by.kind) in ("absorbed", "final", "closing"):
            return decided
        opted_in = [one.at for one, recovers in self.of_role.get("recovery", ()) if not recovers.waits]
        stop = 0
        for one, its in setbacks:
            if (until := self._hold_end(one, its)) is not None and not any(at > one.at for at in opted_in):
                stop = until if one.until else max(until, stop)
        until = None if any(at > setback.at for at in opted_in) else self._hold_end(setback, rule)
        shown = until is not None and (decided.by == setback or self.as_of < until)
        return replace(
            decided, hold_until=until if shown else None, mail_stop_until=stop if self.as_of < stop else None
        )

    def _furthest(self, role: str, *, after: int) -> StageNow | None:
        """The furthest stage that something fresher than `after` proves, since the first proof of it."""
        fresh = [(one, rule) for one, rule in self.of_role.get(role, ()) if one.at > after]
        if not fresh:
            return None
        rank = max(self.stages.rank(rule.stage) for _, rule in fresh)
        there = [(one, rule) for one, rule in fresh if self.stages.rank(rule.stage) == rank]
        first = [pair for pair in there if pair[0].at == there[0][0].at]
        return _now(*max(first, key=lambda pair: pair[0].milestone_id))

    def _proofs(self, stage: str, *, after: int) -> tuple[Milestone, ...]:
        """All that proves this stage since the setback, and what holds by itself."""
        led = [one for one in self.found if self._leads(one, stage)]
        return tuple(one for one in led if one.at > after or self.stages.role(one.kind) in DECIDE_ALONE)

    def _leads(self, one: Milestone, stage: str) -> bool:
        rule = self.stages.milestones.get(one.kind)
        return rule is not None and rule.stage == stage and rule.role in ("progress", *DECIDE_ALONE)

    def _with_sub_stage(self, decided: StageNow, *, after: int) -> StageNow:
        """Of each kind the freshest, of those the furthest: what is said anew of one thing replaces what was said."""
        stages = self.stages
        stage = stages.by_name[decided.stage]
        if not stage.sub_stages:
            return decided if stage.kind != "sla" else replace(decided, proofs=self._proofs(stage.name, after=after))
        freshest = {one.kind: one for one in self._proofs(stage.name, after=after)}.values()
        subs = [stages.sub_stage(one) for one in freshest]
        sub_stage = max(subs, key=lambda sub: stages.place(sub, stage.name), default="")
        there = tuple(one for one in freshest if stages.sub_stage(one) == sub_stage)
        return replace(decided, sub_stage=sub_stage, proofs=there)

    def _base(self) -> StageNow:
        return self._furthest("base", after=ALWAYS) or self._first()

    def _first(self) -> StageNow:
        names = [rule.stage for rule in self.stages.rules.milestone if rule.role == "first"]
        return StageNow(stage=names[0] if names else "", since=self.as_of, by=None)


def _now(one: Milestone, rule: MilestoneRule) -> StageNow:
    return StageNow(stage=rule.stage, since=one.at, by=one)


def _is_behind(one: Milestone, needs: str, found: Sequence[Milestone]) -> bool:
    return not needs or any(other.kind == needs and other.at <= one.at for other in found)
