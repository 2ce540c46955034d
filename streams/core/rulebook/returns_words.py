"""returns.toml in words: when a lost deal's account is back, how strongly, and what to do next."""

from collections.abc import Iterator

from streams.core.rulebook.phrasing import days, figure, listed, plural
from streams.core.rulebook.returns_rules import ReturnsRules

__all__ = ["act_sentences", "level_sentences", "signal_sentences"]


def signal_sentences(rules: ReturnsRules) -> Iterator[str]:
    """The table of R."""
    for signal in rules.signal:
        yield f"{signal.label}: +{signal.each} each, at most {signal.most}."


def level_sentences(rules: ReturnsRules) -> Iterator[str]:
    """What counts, and who hears of which strength."""
    yield (
        f"R counts the last {days(rules.window_days)}, from {days(rules.quiet_days)} after the loss on; of visits of "
        "which careers and team pages are at least half of the days, half."
    )
    yield (
        f"R of {rules.real_time_from} or more: real time. R of {rules.digest_from} or more: digest. Below: shown on "
        "the card only."
    )
    yield f"Lost more than {days(rules.old_after_days)} ago: digest at most."
    yield (
        f"One real-time announcement of an account in {plural(rules.cool_down_hours, 'hour')}; a new person, a request "
        "or a read answer breaks through. Without a new day a return expires after "
        f"{days(rules.expires_days)}."
    )
    claim = rules.claim
    yield (
        f"Nobody claims a real-time alert: a reminder after {plural(claim.reminder_hours, 'hour')} of work, the leader "
        f"after {claim.leader_hours}, the next in line after {claim.next_hours}. A claim without outcome is reminded "
        f"of after {days(claim.outcome_days)}."
    )
    yield (
        f"A snooze lasts {days(rules.snooze_days)}; who is of another company, a job seeker or a partner counts for no "
        f"return for {days(rules.left_out_days)}. A return within {plural(rules.provoked_hours, 'hour')} of a mail of "
        "ours was provoked."
    )
    yield f"A deal taken up again should have had an alert if its people came in the {days(rules.recall_days)} before."
    yield f"Inside a hold an alert says: {rules.hold_text}"
    yield (
        f"An account's engagement joins its {plural(rules.roll_up_members, 'strongest person')}; its breadth counts "
        f"people of the last {days(rules.breadth_days)}."
    ).replace("persons", "people")
    yield (
        f"The week's first digest names lost accounts whose hold ends within {days(rules.hold_ahead_days)}, or whose "
        f"contract with a rival ends within {days(rules.contract_ahead_days)}."
    )
    rates = listed(f"1 {name} = {figure(rate)}" for name, rate in sorted(rules.rates.items()))
    yield f"Amounts are compared in {rules.currency}; other currencies: {rates}."


def act_sentences(rules: ReturnsRules) -> Iterator[str]:
    """What to do next, by the reason of the loss."""
    for act in rules.act:
        yield f"{act.reason or 'every other reason'}: {act.text}"
    for point in rules.talking_point:
        who = f", {point.persona}" if point.persona else ""
        yield f"maturity level {point.level}{who}: {point.text}"
