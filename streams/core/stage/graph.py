"""Whether the table in `stages.toml` is whole, as faults with their place in the file.

What is named is there, each arrow is proved by something that happens, every stage is reached and left, every SLA stage
has its clock.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from streams.core.rulebook.faults import at, is_twice, near
from streams.core.rulebook.stages_rules import ANY, Arrow, MilestoneRule, StagesRules
from streams.core.said import Said

__all__ = ["Fault", "faults_of"]

Found: TypeAlias = Iterator["Fault"]


class Fault(NamedTuple):
    """What is wrong, and where: the path of a row and its key."""

    path: tuple[str | int, ...]
    said: Said


def faults_of(rules: StagesRules, produced: Mapping[str, str]) -> Found:
    """Everything that is not whole. `produced`: kinds of milestones that something produces, and what."""
    yield from _doubled(rules)
    yield from _unknown(rules)
    yield from _unproved(rules, produced)
    yield from _unreached(rules.arrow, rules)
    yield from _without_way_on(rules)
    yield from _without_clock(rules)


def _doubled(rules: StagesRules) -> Found:
    """Names that are there twice."""
    tables = (
        ("stage", "name", [one.name for one in rules.stage]),
        ("stage", "rank", [str(one.rank) for one in rules.stage]),
        ("milestone", "kind", [one.kind for one in rules.milestone]),
        ("check", "name", [one.name for one in rules.check]),
    )
    for table, key, names in tables:
        for number, name in enumerate(names):
            if name in names[:number]:
                yield Fault((table, number, key), is_twice(f'{key if key == "rank" else table} "{name}"'))


def _unknown(rules: StagesRules) -> Found:
    """Names of what is not there."""
    stages, kinds = {one.name for one in rules.stage}, {one.kind for one in rules.milestone}
    for path, name, known in _named(rules, stages, kinds):
        if name and name not in known:
            table, number, key = path
            whose = getattr(rules, str(table))[number]
            title = getattr(whose, "id", "") or getattr(whose, "kind", "")
            about = f'{table} "{title}"' if title else table
            said = Said('there is no "%(name)s"%(near)s', {"name": name, "near": near(name, known)})
            yield Fault(path, at(f"{about}: {key}", said))
    subs = {one.name: one.sub_stages for one in rules.stage}
    for number, rule in enumerate(rules.milestone):
        if rule.sub_stage and rule.sub_stage not in subs.get(rule.stage, ()):
            said = Said('"%(stage)s" has no "%(sub_stage)s"', {"stage": rule.stage, "sub_stage": rule.sub_stage})
            yield Fault(("milestone", number, "sub_stage"), at(f'milestone "{rule.kind}": sub_stage', said))


def _named(
    rules: StagesRules, stages: set[str], kinds: set[str]
) -> Iterator[tuple[tuple[str, int, str], str, set[str]]]:
    """Each name that a row gives of another, with its place."""
    for number, rule in enumerate(rules.milestone):
        yield ("milestone", number, "stage"), rule.stage, stages
        yield ("milestone", number, "needs"), rule.needs, kinds
    for number, arrow in enumerate(rules.arrow):
        yield ("arrow", number, "to"), arrow.to, stages
        yield ("arrow", number, "by"), arrow.by, kinds
        yield from ((("arrow", number, "leaves"), one, stages | {ANY}) for one in arrow.leaves)
    for number, sla in enumerate(rules.sla):
        yield ("sla", number, "stage"), sla.stage, stages
        yield ("sla", number, "by"), sla.by, kinds
    for number, guard in enumerate(rules.guard):
        yield ("guard", number, "kind"), guard.kind, kinds
        yield ("guard", number, "tried"), guard.tried, kinds
    for number, hold in enumerate(rules.hold):
        yield ("hold", number, "stage"), hold.stage, stages


def _unproved(rules: StagesRules, produced: Mapping[str, str]) -> Found:
    """Criteria that nobody can measure, and milestones that lead nowhere."""
    for number, rule in enumerate(rules.milestone):
        if rule.stage and not any(arrow.by == rule.kind and arrow.to == rule.stage for arrow in rules.arrow):
            said = Said('no [[arrow]] leads to "%(stage)s" by it', {"stage": rule.stage})
            yield Fault(("milestone", number, "kind"), at(f'milestone "{rule.kind}"', said))
    kinds = {rule.kind: rule for rule in rules.milestone}
    for number, arrow in enumerate(rules.arrow):
        proof = kinds.get(arrow.by)
        if proof is None:
            continue
        if not (proof.by_hand or proof.kind in produced):
            said = Said('nothing produces "%(kind)s", so it cannot be measured; people may say it where its '
                        "[[milestone]] has by_hand = true", {"kind": arrow.by})  # fmt: skip
            yield Fault(("arrow", number, "by"), at(f'arrow "{arrow.id}": by', said))
        if not _decides(arrow, proof):
            said = Said('a milestone "%(kind)s" never leads to "%(stage)s"', {"kind": arrow.by, "stage": arrow.to})
            yield Fault(("arrow", number, "to"), at(f'arrow "{arrow.id}": to', said))


def _decides(arrow: Arrow, rule: MilestoneRule) -> bool:
    """Whether a milestone of this rule can lead where the arrow does."""
    to_base = rule.role == "setback" and (bool(rule.base_reasons) or not rule.stage)
    return rule.role != "note" and (arrow.to in ("", rule.stage) or to_base)


def _unreached(arrows: Iterable[Arrow], rules: StagesRules) -> Found:
    """Stages to which no way leads from nowhere ("")."""
    reached = {""}
    while more := {one.to for one in arrows if one.to and (reached & set(one.leaves) or ANY in one.leaves)} - reached:
        reached |= more
    for number, stage in enumerate(rules.stage):
        if stage.name not in reached:
            yield Fault(("stage", number, "name"), at(f'stage "{stage.name}"', Said("no arrow reaches it")))


def _without_way_on(rules: StagesRules) -> Found:
    """Stages that nobody leaves, though they are no end: neither terminal nor decided for good."""
    left = {leaves for arrow in rules.arrow for leaves in arrow.leaves if arrow.to != leaves}
    for_good = {rule.stage for rule in rules.milestone if rule.role == "final"}
    for number, stage in enumerate(rules.stage):
        if stage.kind != "terminal" and stage.name not in left | for_good:
            said = Said('no arrow leaves it; an end has kind = "terminal"')
            yield Fault(("stage", number, "name"), at(f'stage "{stage.name}"', said))


def _without_clock(rules: StagesRules) -> Found:
    """SLA stages and their clocks belong together."""
    clocked = {one.stage for one in rules.sla}
    kinds = {stage.name: stage.kind for stage in rules.stage}
    for number, stage in enumerate(rules.stage):
        if stage.kind == "sla" and stage.name not in clocked:
            said = Said("an sla stage needs an [[sla]] that says how long")
            yield Fault(("stage", number, "kind"), at(f'stage "{stage.name}": kind', said))
    for number, sla in enumerate(rules.sla):
        if kinds.get(sla.stage) not in ("sla", None):
            said = Said('"%(stage)s" has no clock: its kind is not "sla"', {"stage": sla.stage})
            yield Fault(("sla", number, "stage"), at("sla: stage", said))
