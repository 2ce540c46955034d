"""stages.toml in words and as a picture: stages, arrows, what decides, holds, thresholds."""

from collections.abc import Iterator
from typing import Final

from streams.core.rulebook.phrasing import days, figure, hours, in_a_row, named
from streams.core.rulebook.stages_rules import ANY, Arrow, Hold, MilestoneRule, Role, StagesRules
from streams.core.said import Counted, Name, Row, Said, Value

__all__ = [
    "arrow_sentences", "clock_sentences", "hold_sentences", "mermaid", "milestone_sentences", "stage_sentences",
    "threshold_sentences",
]  # fmt: skip

_DECIDES: Final[dict[Role, Said]] = {
    "first": Said("before anybody has a name"),
    "base": Said("where nothing else decides"),
    "progress": Said("if it is younger than the last setback"),
    "setback": Said("a setback"),
    "recovery": Said("ends a setback"),
    "closing": Said("until it is lifted"),
    "lifting": Said("lifts what was closed"),
    "current": Said("as long as it is so"),
    "final": Said("for good"),
    "absorbed": Said("while the lead is another one"),
    "note": Said("decides nothing by itself"),
}
_KINDS: Final = {
    "inventory": Said("no clock"),
    "sla": Said("has a clock: it goes overdue, and moves nobody"),
    "terminal": Said("nobody is scored, written to or recycled"),
}
_WHEREVER: Final = Said("wherever the rest leads")


def stage_sentences(rules: StagesRules) -> Iterator[Said]:
    """Places, the way first."""
    for stage in sorted(rules.stage, key=lambda one: (one.rank < 0, abs(one.rank))):
        about: list[Value] = [_KINDS[stage.kind]]
        if stage.rank < 0:
            about.append(Said("beside the way"))
        if stage.sub_stages:
            about.append(Said("inside it %(stages)s", {"stages": named(stage.sub_stages, ends="then")}))
        yield Said("%(stage)s (%(name)s): %(about)s.",
                   {"stage": Said(stage.label), "name": stage.name, "about": Row(tuple(about), "; ")})  # fmt: skip


def arrow_sentences(rules: StagesRules) -> Iterator[Said]:
    """Ways from place to place, each with what proves it."""
    for arrow in rules.arrow:
        yield Said("%(arrow)s %(from)s -> %(to)s: %(by)s, via %(via)s.",
                   {"arrow": arrow.id, "from": _leaves(arrow, rules), "to": _to(arrow, rules), "by": Name(arrow.by),
                    "via": Name(arrow.via)})  # fmt: skip


def milestone_sentences(rules: StagesRules) -> Iterator[Said]:
    """What decides, and how."""
    for rule in rules.milestone:
        about: Value = Row(tuple(_decides(rule, rules)))
        for reasons in _reasons(rule):
            about = _with(about, reasons)
        yield Said("%(kind)s: %(about)s.", {"kind": Name(rule.kind), "about": about})


def hold_sentences(rules: StagesRules) -> Iterator[Said]:
    """For how long nobody writes."""
    for name in dict.fromkeys(hold.stage for hold in rules.hold):
        holds = {hold.reason: hold for hold in rules.hold if hold.stage == name}
        said: list[Value] = [
            Said("%(reason)s %(length)s", {"reason": Name(reason), "length": _length(hold)})
            for reason, hold in holds.items() if reason
        ]  # fmt: skip
        if "" in holds and said:
            said.append(Said("every other reason %(length)s", {"length": _length(holds[""])}))
        elif "" in holds:
            said.append(_length(holds[""]))
        yield Said("%(stage)s: %(holds)s. No mail of ours until then.",
                   {"stage": _label(name, rules), "holds": Row(tuple(said))})  # fmt: skip


def clock_sentences(rules: StagesRules) -> Iterator[Said]:
    """How long sales has, when a setback counts, and what a talk has to answer."""
    for sla in rules.sla:
        length = hours(sla.hours) if sla.hours is not None else days(sla.days or 0)
        yield Said("%(stage)s, by %(kind)s: %(time)s of work.",
                   {"stage": _label(sla.stage, rules), "kind": Name(sla.by), "time": length})  # fmt: skip
    for guard in rules.guard:
        yield Said("%(kind)s %(reason)s counts from %(tries)s x %(tried)s or %(time)s on.",
                   {"kind": Name(guard.kind), "reason": Name(guard.reason), "tries": guard.tries,
                    "tried": Name(guard.tried), "time": days(guard.days)})  # fmt: skip
    if rules.check:
        yield Said("A talk counts once these are answered: %(checks)s.",
                   {"checks": named(check.name for check in rules.check)})  # fmt: skip
    for release in rules.release:
        yield Said("Released on %(day)s: answers %(topics)s.",
                   {"day": f"{release.at:%Y-%m-%d}", "topics": named(release.answers)})  # fmt: skip


def threshold_sentences(rules: StagesRules) -> Iterator[Said]:
    """When a score qualifies, what shows interest, who may be written to."""
    rule = rules.qualified
    yield Said(
        "A score qualifies (T3) from a total of %(total)s on, with engagement of %(engagement)s or more and "
        "%(families)s of %(points)s or more each, when something new happens, not longer ago than %(time)s; after a "
        "disposition %(fresh)s must be younger than it.",
        {"total": figure(rule.total), "engagement": figure(rule.engagement),
         "families": Counted("%(n)s different rule", "%(n)s different rules", rule.families),
         "points": figure(rule.family_points), "time": days(rule.fresh_days), "fresh": figure(rule.fresh_points)},
    )  # fmt: skip
    yield Said("It leads on from %(stages)s.", {"stages": in_a_row(_label(name, rules) for name in rule.leaves)})
    yield Said("The hot mark goes on at %(on)s and off below %(off)s.",
               {"on": figure(rule.total), "off": figure(rule.total * rule.hot_until)})  # fmt: skip
    for family in rules.family:
        yield Said("Count as one rule (%(name)s): %(rules)s.", {"name": family.name, "rules": named(family.rules)})
    yield Said("Interest (engaged) is a hit of %(rules)s.", {"rules": named(rules.engaged.rules, ends="or")})
    trait = {"trait": Name(rules.consent.trait)}
    if rules.consent.mode == "opt_out":
        yield Said("Consent to marketing is there unless it was refused (trait %(trait)s).", trait)
    else:
        yield Said("Consent to marketing is there only where it was given (trait %(trait)s).", trait)


def mermaid(rules: StagesRules) -> str:
    """The graph as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{stage.label}" as {stage.name}' for stage in rules.stage]
    if any(not arrow.to for arrow in rules.arrow):
        lines.append('    state "wherever the rest leads" as wherever')
    for arrow in rules.arrow:
        to = arrow.to or "wherever"
        everywhere = [stage.name for stage in rules.stage if stage.name != to]
        leaves = everywhere if ANY in arrow.leaves else arrow.leaves
        lines += [f"    {name or '[*]'} --> {to}: {arrow.id} {arrow.by}" for name in leaves]
    return "\n".join(lines) + "\n"


def _decides(rule: MilestoneRule, rules: StagesRules) -> Iterator[Value]:
    """One clause after the other."""
    if rule.stage:
        label = _label(rule.stage, rules)
        yield _with(label, Name(rule.sub_stage)) if rule.sub_stage else label
    yield _DECIDES[rule.role]
    if rule.needs:
        yield Said("behind %(kind)s", {"kind": Name(rule.needs)})
    if rule.times > 1:
        yield Said("from the %(n)sth time on", {"n": rule.times}) if rule.times > 2 else Said("the 2nd time")
    if rule.waits:
        yield Said("from the end of the hold on")
    if rule.consent:
        yield Said("with consent to marketing")
    if rule.by_hand:
        yield Said("said by people")
        if rule.why:
            yield Said("with a reason")


def _reasons(rule: MilestoneRule) -> Iterator[Value]:
    if rule.reasons:
        yield Said("reason %(reasons)s", {"reasons": named(rule.reasons, ends="or")})
    if rule.base_reasons:
        yield Said("after %(reasons)s back at once", {"reasons": named(rule.base_reasons, ends="or")})


def _with(what: Value, aside: Value) -> Said:
    return Said("%(what)s (%(aside)s)", {"what": what, "aside": aside})


def _length(hold: Hold) -> Row:
    said: list[Value] = [days(hold.days)]
    if hold.before_contract_end_days is not None:
        time = days(hold.before_contract_end_days)
        said.append(Said("or %(time)s before the rival's contract ends", {"time": time}))
    if hold.until_release:
        said.append(Said("or with the release that answers it"))
    return Row(tuple(said))


def _label(name: str, rules: StagesRules) -> Said:
    return Said(next((stage.label for stage in rules.stage if stage.name == name), name))


def _leaves(arrow: Arrow, rules: StagesRules) -> Value:
    return in_a_row((_from(name, rules) for name in arrow.leaves), ends="or")


def _from(name: str, rules: StagesRules) -> Said:
    if name == ANY:
        return Said("anywhere")
    return _label(name, rules) if name else Said("nowhere")


def _to(arrow: Arrow, rules: StagesRules) -> Said:
    return _label(arrow.to, rules) if arrow.to else _WHEREVER
