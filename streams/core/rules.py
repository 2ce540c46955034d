"""All rules, read once from TOML text and made ready: meanings, points, stages, returns, routing, segments, content.

No file is opened here: `streams/rules_files.py` reads them. `Rules.version` is a hash of what the files say.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final, Literal, NoReturn, TypeVar

from msgspec import Struct

from schemas.ids import Naming
from streams.core.events.meanings import Meanings
from streams.core.events.signing import UNSIGNED, Signing
from streams.core.routing import Routing
from streams.core.rulebook.audiences_rules import AudiencesRules
from streams.core.rulebook.content_rules import ContentRules
from streams.core.rulebook.faults import RulesError, at, near
from streams.core.rulebook.returns_rules import ReturnsRules
from streams.core.rulebook.routing_rules import RoutingRules
from streams.core.rulebook.scoring_rules import ScoringRules
from streams.core.rulebook.segments_rules import SegmentsRules, single_tests
from streams.core.rulebook.site_rules import SiteRules
from streams.core.rulebook.stages_rules import StagesRules
from streams.core.rulebook.text import line_of, parse_rules
from streams.core.said import Said
from streams.core.score.points import Points
from streams.core.score.rule_kinds import RULE_KINDS
from streams.core.segment.audiences import Audiences
from streams.core.segment.segments import Segments
from streams.core.stage.graph import faults_of
from streams.core.stage.milestone_sources import PRODUCED

__all__ = ["FILES", "Identity", "Rules", "RulesError", "load_rules"]

S = TypeVar("S", bound=Struct)
FILES: Final = (
    "audiences.toml", "content.toml", "returns.toml", "routing.toml", "scoring.toml", "segments.toml", "site.toml",
    "stages.toml",
)  # fmt: skip
Identity = Literal["open", "signed"]


class Rules(Struct, frozen=True, kw_only=True, eq=False):
    """Everything that a fold may ask for besides its row and its messages.

    `identity` `open`: claimed identities count and are marked; `signed`: they count for nothing. `signing` checks what
    a browser key can prove.
    """

    version: str
    naming: Naming
    identity: Identity
    signing: Signing
    site: Meanings
    scoring: Points
    stages: StagesRules
    returns: ReturnsRules
    routing: Routing
    segments: Segments
    audiences: Audiences
    content: ContentRules


def load_rules(
    files: Mapping[str, str], *, naming: Naming, identity: Identity = "open", signing: Signing = UNSIGNED
) -> Rules:
    """The rules that these files (name -> TOML text) say. Raises RulesError."""
    site_rules = _parsed(files, "site.toml", SiteRules)
    scoring_rules = _parsed(files, "scoring.toml", ScoringRules)
    _check_points(scoring_rules, files["scoring.toml"])
    _check_meanings(site_rules, scoring_rules, files["site.toml"])
    stages_rules = _parsed(files, "stages.toml", StagesRules)
    _check_stages(stages_rules, files["stages.toml"])
    segments_rules = _parsed(files, "segments.toml", SegmentsRules)
    audiences_rules = _audiences(files)
    _check_audiences(audiences_rules, stages_rules, files.get("audiences.toml", ""))
    audiences = Audiences(audiences_rules)
    content_rules = _parsed(files, "content.toml", ContentRules)
    _check_content(content_rules, segments_rules, files["content.toml"])
    site = Meanings(site_rules)
    return Rules(
        version=version_of(files if audiences.is_used else _without_audiences(files)),
        naming=naming,
        identity=identity,
        signing=signing,
        site=site,
        scoring=Points(scoring_rules, site.day_of),
        stages=stages_rules,
        returns=_parsed(files, "returns.toml", ReturnsRules),
        routing=Routing(
            _parsed(files, "routing.toml", RoutingRules), naming, timezone=site_rules.site.timezone
        ),
        segments=Segments(segments_rules),
        audiences=audiences,
        content=content_rules,
    )


def version_of(files: Mapping[str, str]) -> str:
    """12 hex digits that follow from names and texts."""
    said = "\0".join(f"{name}\0{files[name]}" for name in sorted(files))
    return blake2b(said.encode(), digest_size=6).hexdigest()


def _parsed(files: Mapping[str, str], name: str, kind: type[S]) -> S:
    if name not in files:
        raise RulesError(name, Said("this file is missing"))
    return parse_rules(name, files[name], kind)


def _audiences(files: Mapping[str, str]) -> AudiencesRules:
    """Rules of a release that had no audiences have none."""
    return _parsed(files, "audiences.toml", AudiencesRules) if "audiences.toml" in files else AudiencesRules()


def _without_audiences(files: Mapping[str, str]) -> dict[str, str]:
    """The same rules as before there was that file: no row need be folded again for it."""
    return {name: text for name, text in files.items() if name != "audiences.toml"}


def _check_points(rules: ScoringRules, text: str) -> None:
    """What one table says of another: kinds and groups exist, names are unique. Raises RulesError."""
    groups = {group.name for group in rules.group}
    names: set[str] = set()
    for number, rule in enumerate(rules.rule):
        whose = f'rule "{rule.name}"'
        if rule.name in names:
            _refuse("scoring.toml", text, ("rule", number, "name"), said=at(whose, Said("is there twice")))
        if rule.kind not in RULE_KINDS:
            said = Said('unknown kind "%(kind)s"%(near)s', {"kind": rule.kind, "near": near(rule.kind, RULE_KINDS)})
            _refuse("scoring.toml", text, ("rule", number, "kind"), said=at(whose, said))
        if rule.group not in groups:
            said = Said('no [[group]] is named "%(name)s"%(near)s',
                        {"name": rule.group, "near": near(rule.group, groups)})  # fmt: skip
            _refuse("scoring.toml", text, ("rule", number, "group"), said=at(whose, said))
        names.add(rule.name)


def _check_meanings(site: SiteRules, scoring: ScoringRules, text: str) -> None:
    """Track events name rules that exist. Raises RulesError."""
    names = {rule.name for rule in scoring.rule}
    for number, track in enumerate(site.track):
        if track.rule and track.rule not in names:
            said = Said('no rule of scoring.toml is named "%(name)s"%(near)s',
                        {"name": track.rule, "near": near(track.rule, names)})  # fmt: skip
            _refuse("site.toml", text, ("track", number, "rule"), said=at(f'track "{track.event}"', said))


def _check_stages(rules: StagesRules, text: str) -> None:
    """The graph of stages is whole. Raises RulesError for the first fault."""
    for fault in faults_of(rules, PRODUCED):
        _refuse("stages.toml", text, fault.path, said=fault.said)


def _check_audiences(audiences: AudiencesRules, stages: StagesRules, text: str) -> None:
    """Stages that audiences ask for exist. Raises RulesError."""
    names = {one.name for one in stages.stage}
    for number, row in enumerate(audiences.audience):
        for test in single_tests(row.when):
            wanted = test.value if isinstance(test.value, tuple) else (str(test.value),)
            lost = next((one for one in wanted if one not in names), "") if test.field == "stage" else ""
            if lost and test.op == "is":
                said = Said('no [[stage]] of stages.toml is named "%(name)s"%(near)s',
                            {"name": lost, "near": near(lost, names)})  # fmt: skip
                _refuse("audiences.toml", text, ("audience", number, "when"), said=at(f'audience "{row.name}"', said))


def _check_content(content: ContentRules, segments: SegmentsRules, text: str) -> None:
    """Content is for segments that exist. Raises RulesError."""
    names = {one.name for one in segments.segment}
    for number, row in enumerate(content.content):
        if lost := next((name for name in row.segments if name not in names), None):
            said = Said('no segment of segments.toml is named "%(name)s"%(near)s',
                        {"name": lost, "near": near(lost, names)})  # fmt: skip
            _refuse("content.toml", text, ("content", number, "segments"), said=at(f'content "{row.title}"', said))


def _refuse(name: str, text: str, path: tuple[str | int, ...], *, said: Said) -> NoReturn:
    raise RulesError(name, said, line=line_of(text, path))
