"""All that one person did, through whatever it came, as the rules of the score read it at one time."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from schemas.activity import Activity, Hit, Hits, Void
from schemas.mail import NO_MAIL, Mail
from streams.core.activity import hits, pages
from streams.core.mail.verdict import Judged
from streams.core.rulebook.scoring_rules import ScoringRule
from streams.core.rules import Rules
from streams.core.score.fading import FadingRule
from streams.core.score.rule_kinds import DERIVED, RULE_KINDS, Joined, click_points

__all__ = ["BEFORE_EPOCH", "BY_RULE", "VIA_MAIL", "Doings", "Together", "begun_by", "together"]

BEFORE_EPOCH: Final = "before the lost deal"
BY_RULE: Final = "0 by rule"
VIA_MAIL: Final = "mail"


class Doings(Struct, frozen=True):
    """What came through each `via`, what came of mails, and what somebody declared void."""

    parts: Mapping[str, Activity]
    mail: Mail = NO_MAIL
    voids: tuple[Void, ...] = ()


class Together(Struct, frozen=True):
    """The doings up to a time. `vias` by (at, hit_id); `judged` by hit id; `void` says why a hit id is void."""

    joined: Joined
    vias: Mapping[tuple[int, int], str]
    judged: Mapping[int, Judged]
    void: Mapping[int, str]
    rules: Rules

    def met(self) -> list[ScoringRule]:
        """The rules that may have hits, in their order: most people meet few of them."""
        hits, points = self.joined.hits, self.rules.scoring
        if not hits:
            return list(points.derived)
        return [rule for rule in points.rules.rule if rule.name in hits or rule.kind in DERIVED]

    def kept(self, rule: ScoringRule) -> Hits:
        """The hits that a rule keeps, freshest first. A void hit keeps its place."""
        found = RULE_KINDS[rule.kind](rule, self.joined)
        return hits.latest_of_each(hits.freshest(found, self.rules.scoring.keeps[rule.name])) if found else ()

    def worth(self, rule: ScoringRule, hit: Hit) -> tuple[float, str]:
        """What a kept hit gives before it fades, and why it gives nothing ("" = it counts)."""
        if self.void and hit[1] in self.void:
            return 0.0, f"void: {self.void[hit[1]]}"
        epoch_at = self.joined.epoch_at
        if epoch_at is not None and hit[0] <= epoch_at:
            return 0.0, BEFORE_EPOCH
        points = click_points(rule, self.judged[hit[1]]) if rule.kind == "mail_click" else rule.points
        return points, "" if points else BY_RULE

    def fading(self, rule: ScoringRule, kept: Hits) -> FadingRule:
        """What of a rule's hits gives points, ready to fade."""
        worths = ((hit[0], self.worth(rule, hit)[0]) for hit in kept)
        given = tuple((at, points) for at, points in worths if points)
        return FadingRule(rule.half_life_days, rule.group, given)


def begun_by(doings: Doings, at: int) -> bool:
    """Whether anything had happened by then."""
    if doings.mail.hits or doings.mail.clicks:
        return True
    for one in doings.parts.values():  # the freshest come first
        if one.pages and one.pages[-1][0] <= at:
            return True
        for found in one.hits.values():
            if found and found[-1][0] <= at:
                return True
    return False


def together(doings: Doings, *, as_of: int, epoch_at: int | None, rules: Rules) -> Together:
    """All parts as one, by what has `at <= as_of`; of a hit that came through several the first `via` by name."""
    by_rule: dict[str, list[Hit]] = {}
    vias: dict[tuple[int, int], str] = {}
    all_pages = []
    parts, mail = doings.parts, doings.mail
    for via in sorted(parts):
        activity = parts[via]
        _add(by_rule, vias, activity.hits, via=via, as_of=as_of)
        for page in activity.pages:
            if page[0] <= as_of:
                all_pages.append(page)
                vias.setdefault(page[:2], via)
    if mail.hits:
        _add(by_rule, vias, mail.hits, via=VIA_MAIL, as_of=as_of)
    days: dict[int, Hits] = {}
    for day, of_day in pages.counted(all_pages, rules.scoring, rules.site).items():
        days[day] = tuple([Hit(page[0], page[1], page[2]) for page in of_day])
    clicks = rules.scoring.judge.judged(mail, as_of=as_of)
    for one in clicks:
        vias.setdefault(one.click[:2], VIA_MAIL)
    return Together(
        Joined(by_rule, days, rules.scoring.pages.counted_a_day, clicks, epoch_at),
        vias,
        {one.click.hit_id: one for one in clicks} if clicks else {},
        {one.hit_id: one.reason for one in doings.voids if one.hit_id and one.at <= as_of} if doings.voids else {},
        rules,
    )


def _add(
    by_rule: dict[str, list[Hit]], vias: dict[tuple[int, int], str], more: Mapping[str, Hits], *, via: str, as_of: int
) -> None:
    for name, kept in more.items():
        found = by_rule.setdefault(name, [])
        for hit in kept:
            if hit[0] <= as_of:
                found.append(hit)
                vias.setdefault(hit[:2], via)
