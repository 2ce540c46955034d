"""scoring.toml in words: each rule as one sentence, groups, fit, grades."""

from collections.abc import Iterator, Mapping
from typing import Final

from streams.core.rulebook.phrasing import days, figure, in_a_row, named, seconds, signed
from streams.core.rulebook.scoring_rules import Band, FitRules, Grade, ScoringRule, ScoringRules
from streams.core.rules import Rules
from streams.core.said import Counted, Name, Row, Said, Value

__all__ = ["fit_sentences", "grade_sentences", "group_sentences", "page_sentences", "rule_sentence"]

_LIMITS: Final[Mapping[str, Said]] = {
    "day": Said("at most %(n)s a day"), "week": Said("at most %(n)s a week"), "asset": Said("at most %(n)s an asset"),
    "message": Said("at most %(n)s a message"), "program": Said("at most %(n)s a program"),
}  # fmt: skip


def rule_sentence(rule: ScoringRule, rules: Rules) -> Said:
    """One rule, as people read it."""
    return Said("%(rule)s: %(gives)s; hit by %(what)s.", {
        "rule": Said(rule.label), "gives": Row(tuple(_gives(rule))),
        "what": in_a_row(_hit_by(rule, rules), none=Said("nothing")),
    })  # fmt: skip


def group_sentences(rules: ScoringRules) -> Iterator[Said]:
    """What rules give together."""
    for group in rules.group:
        labels = in_a_row((Said(rule.label) for rule in rules.rule if rule.group == group.name), none=Said("no rule"))
        cap = Said("no cap")
        if group.cap is not None:
            cap = Said("at most %(points)s together", {"points": figure(group.cap)})
        yield Said("%(group)s: %(cap)s (%(rules)s).", {"group": Name(group.name), "cap": cap, "rules": labels})


def page_sentences(rules: ScoringRules) -> Iterator[Said]:
    """What a counted page is, and what is remembered."""
    keep = rules.pages
    yield Said("A page counts when it was read for %(time)s or more; never %(kinds)s.",
               {"time": seconds(keep.counted_ms), "kinds": named(keep.uncounted_kinds)})  # fmt: skip
    yield Said(
        "Remembered: the %(days)s freshest active days with %(pages)s pages each; pages of high intent are %(kinds)s.",
        {"days": keep.counted_days, "pages": keep.counted_a_day, "kinds": named(keep.intent_kinds)},
    )
    yield Said("Somebody who looks for a job reads %(kinds)s pages.", {"kinds": named(keep.careers_kinds)})


def fit_sentences(fit: FitRules) -> Iterator[Said]:
    """Who they are, trait by trait; what is unknown gives 0."""
    yield Said(
        "Seniority: executives %(executives)s, directors %(directors)s, managers %(managers)s, other titles "
        "%(others)s.",
        {"executives": signed(fit.executive), "directors": signed(fit.director), "managers": signed(fit.manager),
         "others": signed(fit.other_title)},
    )  # fmt: skip
    yield Said("Department that buys: %(points)s (%(words)s).",
               {"points": signed(fit.department), "words": in_a_row(fit.department_words, ends="or")})  # fmt: skip
    if fit.band is not None:
        near = in_a_row(map(_band, fit.adjacent), ends="or", none=Said("nobody"))
        yield Said("Company size: %(band)s employees %(points)s, %(near)s %(less)s.",
                   {"band": _band(fit.band), "points": signed(fit.size_band), "near": near,
                    "less": signed(fit.size_adjacent)})  # fmt: skip
    yield Said("Segment: %(segments)s %(points)s; one that we say no to %(less)s.",
               {"segments": named(fit.segments, ends="or"), "points": signed(fit.segment),
                "less": fit.not_target})  # fmt: skip
    yield Said("Region: %(regions)s %(points)s.",
               {"regions": in_a_row(fit.regions, ends="or"), "points": signed(fit.region)})  # fmt: skip
    yield Said("Free-mail address: %(points)s.", {"points": signed(fit.free_mail)})
    yield Said("Fit lies between %(least)s and %(most)s; what is unknown gives 0.",
               {"least": fit.least, "most": fit.most})  # fmt: skip


def grade_sentences(rules: ScoringRules) -> Iterator[Said]:
    """Total, letters and digits."""
    totals = rules.totals
    yield Said("Engagement is what the groups give, between %(least)s and %(most)s; total = fit + engagement.",
               {"least": figure(totals.engagement_least), "most": figure(totals.engagement_most)})  # fmt: skip
    yield Said("Grade: %(letters)s; %(digits)s.",
               {"letters": _grades(totals.letters, Said("%(grade)s from fit %(points)s")),
                "digits": _grades(totals.digits, Said("%(grade)s from engagement %(points)s"))})  # fmt: skip


def _gives(rule: ScoringRule) -> Iterator[Value]:
    yield signed(rule.points) if rule.points else Said("gives nothing")
    yield Said("only the freshest counts") if rule.keep == 1 else Said("the freshest %(n)s count", {"n": rule.keep})
    if rule.limit is not None:
        yield Said(_LIMITS[rule.limit_per].text, {"n": rule.limit})
    yield Said("halves every %(time)s", {"time": days(rule.half_life_days)})
    if rule.points and rule.keep > 1:
        yield Said("at most %(points)s in all", {"points": figure(rule.points * rule.keep)})
    if rule.min_dwell_ms:
        yield Said("read for %(time)s or more", {"time": seconds(rule.min_dwell_ms)})


def _hit_by(rule: ScoringRule, rules: Rules) -> Iterator[Value]:
    match rule.kind:
        case "page_view":
            yield Said("counted pages")
        case "return_visit":
            yield Said("an active day with another 1 to 7 days before it")
        case "deep_visit":
            yield Counted("a day with %(n)s counted page", "a day with %(n)s counted pages",
                          rules.scoring.pages.counted_a_day)  # fmt: skip
        case "mail_click":
            yield Said("clicks of a person; what was probably one gives %(points)s",
                       {"points": signed(rule.probable_points)})  # fmt: skip
        case _:
            yield from _named(rule, rules)


def _named(rule: ScoringRule, rules: Rules) -> Iterator[Value]:
    if rule.page_kinds:
        yield Said("pages of kind %(kinds)s", {"kinds": named(rule.page_kinds, ends="or")})
    if rule.form_kinds:
        yield Said("forms of kind %(kinds)s", {"kinds": named(rule.form_kinds, ends="or")})
    if events := [track.event for track in rules.site.rules.track if track.rule == rule.name]:
        yield Said("event %(events)s", {"events": in_a_row(events, ends="or")})
    if rule.mail_kinds:
        yield Said("mails %(kinds)s", {"kinds": named(rule.mail_kinds, ends="or")})
    if rule.kind not in ("page", "form", "mail", "track"):
        yield Said("what the kind %(kind)s finds", {"kind": rule.kind})


def _band(band: Band) -> str:
    return f"{band.least}-{band.most}"


def _grades(grades: tuple[Grade, ...], step: Said) -> Row:
    *steps, rest = grades
    said = [Said(step.text, {"grade": one.grade, "points": figure(one.least)}) for one in steps]
    return Row((*said, Said("else %(grade)s", {"grade": rest.grade})))
