"""Findings in stages.toml, returns.toml and routing.toml: holds without stage, names that other files do not know."""

from collections.abc import Iterator
from typing import Final

from streams.core.rulebook.faults import near
from streams.core.rulebook.findings import Said
from streams.core.rulebook.stages_rules import StagesRules
from streams.core.rules import Rules

__all__ = ["in_returns", "in_routing", "in_stages"]

FILE: Final = "stages.toml"


def in_stages(rules: Rules) -> Iterator[Said]:
    """All of stages.toml."""
    yield from _holds(rules.stages)
    names = [stage.name for stage in rules.stages.stage]
    for name in rules.stages.qualified.leaves:
        if name not in names:
            yield Said(
                FILE, ("qualified", "leaves"), f'qualified: leaves: there is no stage "{name}"{near(name, names)}'
            )
    scored = rules.scoring.by_name
    groups = [(("engaged", "rules"), "engaged", rules.stages.engaged.rules)]
    groups += [
        (("family", number, "rules"), f'family "{family.name}"', family.rules)  # type: ignore[misc]
        for number, family in enumerate(rules.stages.family)
    ]
    for path, whose, wanted in groups:
        for name in wanted:
            if name not in scored:
                yield Said(FILE, path, f'{whose}: no rule of scoring.toml is named "{name}"{near(name, scored)}')


def _holds(stages: StagesRules) -> Iterator[Said]:
    setbacks = {rule.stage for rule in stages.milestone if rule.role == "setback" and rule.stage}
    seen: set[tuple[str, str]] = set()
    for number, hold in enumerate(stages.hold):
        whose = f'hold "{hold.reason}"' if hold.reason else "hold"
        if not hold.stage:
            yield Said(FILE, ("hold", number), f"{whose}: names no stage and holds nobody; give it one")
        elif hold.stage not in setbacks:
            yield Said(
                FILE, ("hold", number, "stage"), f'{whose}: no setback leads to "{hold.stage}", so it holds nobody'
            )
        if (hold.stage, hold.reason) in seen:
            yield Said(FILE, ("hold", number), f'{whose}: is there twice for "{hold.stage}"; the last one counts')
        seen.add((hold.stage, hold.reason))
    for number, stage in enumerate(stages.stage):
        if stage.name in setbacks and (stage.name, "") not in seen:
            yield Said(FILE, ("stage", number), f'stage "{stage.name}": no [[hold]] is for every other reason, so mail '
                       "goes out at once after those; add one")  # fmt: skip


def in_returns(rules: Rules) -> Iterator[Said]:
    """All of returns.toml."""
    for number, signal in enumerate(rules.returns.signal):
        if signal.each > signal.most:
            yield Said("returns.toml", ("signal", number, "most"), f'signal "{signal.name}": at most {signal.most} is '
                       f"below one of {signal.each}; raise most, or lower each")  # fmt: skip
    most = sum(signal.most for signal in rules.returns.signal)
    if most < rules.returns.real_time_from:
        yield Said(
            "returns.toml", ("real_time_from",), f"real_time_from: R is at most {most}, so no alert is ever real time"
        )


def in_routing(rules: Rules) -> Iterator[Said]:
    """All of routing.toml."""
    routing = rules.routing.rules
    for domain in sorted(set(routing.own_domains) & set(routing.competitor_domains)):
        yield Said("routing.toml", ("competitor_domains",), f'competitor_domains: "{domain}" is in own_domains too')
    if routing.rep and not any(rep.active for rep in routing.rep):
        yield Said("routing.toml", ("rep", 0), "rep: nobody is active, so everything goes to the team")
