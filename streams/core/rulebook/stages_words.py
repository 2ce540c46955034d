"""stages.toml in words and as a picture: stages, arrows, what decides, holds, thresholds."""

from collections.abc import Iterator
from typing import Final

from streams.core.rulebook.phrasing import days, figure, listed, plural
from streams.core.rulebook.stages_rules import ANY, Arrow, Hold, MilestoneRule, Role, StagesRules

__all__ = [
    "arrow_sentences", "clock_sentences", "hold_sentences", "mermaid", "milestone_sentences", "stage_sentences",
    "threshold_sentences",
]  # fmt: skip

_DECIDES: Final[dict[Role, str]] = {
    "first": "before anybody has a name",
    "base": "where nothing else decides",
    "progress": "if it is younger than the last setback",
    "setback": "a setback",
    "recovery": "ends a setback",
    "closing": "until it is lifted",
    "lifting": "lifts what was closed",
    "current": "as long as it is so",
    "final": "for good",
    "absorbed": "while the lead is another one",
    "note": "decides nothing by itself",
}
_KINDS: Final = {
    "inventory": "no clock",
    "sla": "has a clock: it goes overdue, and moves nobody",
    "terminal": "nobody is scored, written to or recycled",
}


def stage_sentences(rules: StagesRules) -> Iterator[str]:
    """Places, the way first."""
    for stage in sorted(rules.stage, key=lambda one: (one.rank < 0, abs(one.rank))):
        beside = "" if stage.rank >= 0 else "; beside the way"
        inside = f"; inside it {listed(stage.sub_stages, last='then')}" if stage.sub_stages else ""
        yield f"{stage.label} ({stage.name}): {_KINDS[stage.kind]}{beside}{inside}."


def arrow_sentences(rules: StagesRules) -> Iterator[str]:
    """Ways from place to place, each with what proves it."""
    for arrow in rules.arrow:
        yield f"{arrow.id} {_leaves(arrow, rules)} -> {_to(arrow, rules)}: {arrow.by}, via {arrow.via}."


def milestone_sentences(rules: StagesRules) -> Iterator[str]:
    """What decides, and how."""
    for rule in rules.milestone:
        sub_stage = f" ({rule.sub_stage})" if rule.sub_stage else ""
        to = f"{_label(rule.stage, rules)}{sub_stage}, " if rule.stage else ""
        yield f"{rule.kind}: {to}{_DECIDES[rule.role]}{''.join(_more(rule))}."


def hold_sentences(rules: StagesRules) -> Iterator[str]:
    """For how long nobody writes."""
    for name in dict.fromkeys(hold.stage for hold in rules.hold):
        holds = {hold.reason: hold for hold in rules.hold if hold.stage == name}
        said = [f"{reason} {_length(hold)}" for reason, hold in holds.items() if reason]
        if "" in holds:
            said.append(f"{'every other reason ' if said else ''}{_length(holds[''])}")
        yield f"{_label(name, rules)}: {', '.join(said)}. No mail of ours until then."


def clock_sentences(rules: StagesRules) -> Iterator[str]:
    """How long sales has, when a setback counts, and what a talk has to answer."""
    for sla in rules.sla:
        length = plural(sla.hours, "hour") if sla.hours is not None else days(sla.days or 0)
        yield f"{_label(sla.stage, rules)}, by {sla.by}: {length} of work."
    for guard in rules.guard:
        yield f"{guard.kind} {guard.reason} counts from {guard.tries} x {guard.tried} or {days(guard.days)} on."
    if rules.check:
        yield f"A talk counts once these are answered: {listed(check.name for check in rules.check)}."
    for release in rules.release:
        yield f"Released on {release.at:%Y-%m-%d}: answers {listed(release.answers)}."


def threshold_sentences(rules: StagesRules) -> Iterator[str]:
    """When a score qualifies, what shows interest, who may be written to."""
    rule = rules.qualified
    yield (
        f"A score qualifies (T3) from a total of {figure(rule.total)} on, with engagement of {figure(rule.engagement)} "
        f"or more and {plural(rule.families, 'different rule')} of {figure(rule.family_points)} or more each, when "
        f"something new happens, not longer ago than {days(rule.fresh_days)}; after a disposition "
        f"{figure(rule.fresh_points)} must be younger than it."
    )
    yield f"It leads on from {listed(_label(name, rules) for name in rule.leaves)}."
    yield f"The hot mark goes on at {figure(rule.total)} and off below {figure(rule.total * rule.hot_until)}."
    for family in rules.family:
        yield f"Count as one rule ({family.name}): {listed(family.rules)}."
    yield f"Interest (engaged) is a hit of {listed(rules.engaged.rules, last='or')}."
    consent = rules.consent
    how = "unless it was refused" if consent.mode == "opt_out" else "only where it was given"
    yield f"Consent to marketing is there {how} (trait {consent.trait})."


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


def _more(rule: MilestoneRule) -> Iterator[str]:
    if rule.needs:
        yield f", behind {rule.needs}"
    if rule.times > 1:
        yield f", from the {rule.times}th time on" if rule.times > 2 else ", the 2nd time"
    if rule.waits:
        yield ", from the end of the hold on"
    if rule.consent:
        yield ", with consent to marketing"
    if rule.by_hand:
        yield f", said by people{', with a reason' if rule.why else ''}"
    if rule.reasons:
        yield f" (reason {listed(rule.reasons, last='or')})"
    if rule.base_reasons:
        yield f" (after {listed(rule.base_reasons, last='or')} back at once)"


def _length(hold: Hold) -> str:
    ends = (
        f", or {days(hold.before_contract_end_days)} before the rival's contract ends"
        if (hold.before_contract_end_days is not None)
        else ""
    )
    return f"{days(hold.days)}{ends}{', or with the release that answers it' if hold.until_release else ''}"


def _label(name: str, rules: StagesRules) -> str:
    return next((stage.label for stage in rules.stage if stage.name == name), name)


def _leaves(arrow: Arrow, rules: StagesRules) -> str:
    named = ("anywhere" if name == ANY else _label(name, rules) if name else "nowhere" for name in arrow.leaves)
    return listed(named, last="or")


def _to(arrow: Arrow, rules: StagesRules) -> str:
    return _label(arrow.to, rules) if arrow.to else "wherever the rest leads"
