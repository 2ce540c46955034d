"""One look at all rules: how many there are, and what was probably not meant."""

from collections.abc import Mapping, Sized
from itertools import chain

from streams.core.rulebook.findings import Finding, placed
from streams.core.rulebook.findings_scoring import in_scoring
from streams.core.rulebook.findings_segments import in_content, in_segments
from streams.core.rulebook.findings_site import in_site
from streams.core.rulebook.findings_stages import in_returns, in_routing, in_stages
from streams.core.rulebook.phrasing import plural
from streams.core.rules import Rules

__all__ = ["counts", "findings"]


def findings(rules: Rules, files: Mapping[str, str]) -> tuple[Finding, ...]:
    """What the files allow and nobody means, by file and line. `files`: the texts that the rules were read from."""
    checks = (in_content, in_returns, in_routing, in_scoring, in_segments, in_site, in_stages)
    return placed(chain.from_iterable(check(rules) for check in checks), files)


def counts(rules: Rules) -> dict[str, str]:
    """File -> what it holds, in figures."""
    scoring, stages, routing, site = rules.scoring.rules, rules.stages, rules.routing.rules, rules.site.rules
    held: dict[str, list[tuple[Sized, str]]] = {
        "audiences.toml": [(rules.audiences.rules.audience, "audience")],
        "content.toml": [(rules.content.content, "piece")],
        "returns.toml": [(rules.returns.signal, "signal"), (rules.returns.act, "next act")],
        "routing.toml": [(routing.rep, "rep"), (routing.target, "target account"), (routing.network, "network"),
                         (routing.company, "domain group")],
        "scoring.toml": [(scoring.rule, "rule"), (scoring.group, "group")],
        "segments.toml": [(rules.segments.rules.segment, "segment")],
        "site.toml": [(site.page, "page kind"), (site.form, "form"), (site.track, "event"), (site.trait, "trait")],
        "stages.toml": [(stages.stage, "stage"), (stages.arrow, "arrow"), (stages.milestone, "milestone"),
                        (stages.hold, "hold")],
    }  # fmt: skip
    return {name: ", ".join(plural(len(rows), noun) for rows, noun in told) for name, told in held.items()}
