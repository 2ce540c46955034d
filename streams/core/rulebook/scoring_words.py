"""scoring.toml in words: each rule as one sentence, groups, fit, grades."""

from collections.abc import Iterator

from streams.core.rulebook.phrasing import days, figure, listed, plural, seconds, signed
from streams.core.rulebook.scoring_rules import Band, FitRules, Grade, ScoringRule, ScoringRules
from streams.core.rules import Rules

__all__ = ["fit_sentences", "grade_sentences", "group_sentences", "page_sentences", "rule_sentence"]


def rule_sentence(rule: ScoringRule, rules: Rules) -> str:
    """One rule, as people read it."""
    said = [signed(rule.points) if rule.points else "gives nothing"]
    said.append("only the freshest counts" if rule.keep == 1 else f"the freshest {rule.keep} count")
    if rule.limit is not None:
        said.append(f"at most {rule.limit} {_article(rule.limit_per)}")
    said.append(f"halves every {days(rule.half_life_days)}")
    if rule.points and rule.keep > 1:
        said.append(f"at most {figure(rule.points * rule.keep)} in all")
    if rule.min_dwell_ms:
        said.append(f"read for {seconds(rule.min_dwell_ms)} or more")
    return f"{rule.label}: {', '.join(said)}; hit by {listed(_hit_by(rule, rules), none='nothing')}."


def group_sentences(rules: ScoringRules) -> Iterator[str]:
    """What rules give together."""
    for group in rules.group:
        labels = listed((rule.label for rule in rules.rule if rule.group == group.name), none="no rule")
        cap = "no cap" if group.cap is None else f"at most {figure(group.cap)} together"
        yield f"{group.name}: {cap} ({labels})."


def page_sentences(rules: ScoringRules) -> Iterator[str]:
    """What a counted page is, and what is remembered."""
    keep = rules.pages
    yield (
        f"A page counts when it was read for {seconds(keep.counted_ms)} or more; never {listed(keep.uncounted_kinds)}."
    )
    yield (
        f"Remembered: the {keep.counted_days} freshest active days with {keep.counted_a_day} pages each; pages of high "
        f"intent are {listed(keep.intent_kinds)}."
    )
    yield f"Somebody who looks for a job reads {listed(keep.careers_kinds)} pages."


def fit_sentences(fit: FitRules) -> Iterator[str]:
    """Who they are, trait by trait; what is unknown gives 0."""
    yield (
        f"Seniority: executives {signed(fit.executive)}, directors {signed(fit.director)}, managers "
        f"{signed(fit.manager)}, other titles {signed(fit.other_title)}."
    )
    yield f"Department that buys: {signed(fit.department)} ({listed(fit.department_words, last='or')})."
    if fit.band is not None:
        near = listed(map(_band, fit.adjacent), last="or", none="nobody")
        yield (
            f"Company size: {_band(fit.band)} employees {signed(fit.size_band)}, {near} {signed(fit.size_adjacent)}."
        )
    yield f"Segment: {listed(fit.segments, last='or')} {signed(fit.segment)}; one that we say no to {fit.not_target}."
    yield f"Region: {listed(fit.regions, last='or')} {signed(fit.region)}."
    yield f"Free-mail address: {signed(fit.free_mail)}."
    yield f"Fit lies between {fit.least} and {fit.most}; what is unknown gives 0."


def grade_sentences(rules: ScoringRules) -> Iterator[str]:
    """Total, letters and digits."""
    totals = rules.totals
    bounds = f"{figure(totals.engagement_least)} and {figure(totals.engagement_most)}"
    yield f"Engagement is what the groups give, between {bounds}; total = fit + engagement."
    yield f"Grade: {_grades(totals.letters, 'fit')}; {_grades(totals.digits, 'engagement')}."


def _hit_by(rule: ScoringRule, rules: Rules) -> Iterator[str]:
    match rule.kind:
        case "page_view":
            yield "counted pages"
        case "return_visit":
            yield "an active day with another 1 to 7 days before it"
        case "deep_visit":
            yield f"a day with {plural(rules.scoring.pages.counted_a_day, 'counted page')}"
        case "mail_click":
            yield f"clicks of a person; what was probably one gives {signed(rule.probable_points)}"
        case _:
            yield from _named(rule, rules)


def _named(rule: ScoringRule, rules: Rules) -> Iterator[str]:
    if rule.page_kinds:
        yield f"pages of kind {listed(rule.page_kinds, last='or')}"
    if rule.form_kinds:
        yield f"forms of kind {listed(rule.form_kinds, last='or')}"
    if events := [track.event for track in rules.site.rules.track if track.rule == rule.name]:
        yield f"event {listed(events, last='or')}"
    if rule.mail_kinds:
        yield f"mails {listed(rule.mail_kinds, last='or')}"
    if rule.kind not in ("page", "form", "mail", "track"):
        yield f"what the kind {rule.kind} finds"


def _article(bucket: str) -> str:
    return f"an {bucket}" if bucket[0] in "aeiou" else f"a {bucket}"


def _band(band: Band) -> str:
    return f"{band.least}-{band.most}"


def _grades(grades: tuple[Grade, ...], what: str) -> str:
    *steps, rest = grades
    said = [f"{one.grade} from {what} {figure(one.least)}" for one in steps]
    return ", ".join([*said, f"else {rest.grade}"])
