"""returns.toml in words: when a lost deal's account is back, how strongly, and what to do next."""

from collections.abc import Iterator

from streams.core.rulebook.phrasing import days, figure, hours, in_a_row
from streams.core.rulebook.returns_rules import ReturnsRules
from streams.core.said import Counted, Name, Row, Said

__all__ = ["act_sentences", "level_sentences", "signal_sentences"]


def signal_sentences(rules: ReturnsRules) -> Iterator[Said]:
    """The table of R."""
    for signal in rules.signal:
        yield Said("%(signal)s: +%(each)s each, at most %(most)s.",
                   {"signal": Said(signal.label), "each": signal.each, "most": signal.most})  # fmt: skip


def level_sentences(rules: ReturnsRules) -> Iterator[Said]:
    """What counts, and who hears of which strength."""
    yield Said(
        "R counts the last %(window)s, from %(quiet)s after the loss on; of visits of which careers and team pages are "
        "at least half of the days, half.",
        {"window": days(rules.window_days), "quiet": days(rules.quiet_days)},
    )
    yield Said(
        "R of %(real_time)s or more: real time. R of %(digest)s or more: digest. Below: shown on the card only.",
        {"real_time": rules.real_time_from, "digest": rules.digest_from},
    )
    yield Said("Lost more than %(time)s ago: digest at most.", {"time": days(rules.old_after_days)})
    yield Said(
        "One real-time announcement of an account in %(time)s; a new person, a request or a read answer breaks "
        "through. Without a new day a return expires after %(end)s.",
        {"time": hours(rules.cool_down_hours), "end": days(rules.expires_days)},
    )
    yield from _claim_sentences(rules)
    yield Said("A deal taken up again should have had an alert if its people came in the %(time)s before.",
               {"time": days(rules.recall_days)})  # fmt: skip
    yield Said("Inside a hold an alert says: %(text)s", {"text": Said(rules.hold_text)})
    yield from _company_sentences(rules)
    rates = in_a_row(f"1 {name} = {figure(rate)}" for name, rate in sorted(rules.rates.items()))
    yield Said("Amounts are compared in %(currency)s; other currencies: %(rates)s.",
               {"currency": rules.currency, "rates": rates})  # fmt: skip


def act_sentences(rules: ReturnsRules) -> Iterator[Said]:
    """What to do next, by the reason of the loss."""
    for act in rules.act:
        reason = Name(act.reason) if act.reason else Said("every other reason")
        yield Said("%(reason)s: %(text)s", {"reason": reason, "text": Said(act.text)})
    for point in rules.talking_point:
        level = Said("maturity level %(level)s", {"level": point.level})
        whom = Row((level, Name(point.persona))) if point.persona else level
        yield Said("%(reason)s: %(text)s", {"reason": whom, "text": Said(point.text)})


def _claim_sentences(rules: ReturnsRules) -> Iterator[Said]:
    claim = rules.claim
    yield Said(
        "Nobody claims a real-time alert: a reminder after %(reminder)s of work, the leader after %(leader)s, the next "
        "in line after %(next)s. A claim without outcome is reminded of after %(outcome)s.",
        {"reminder": hours(claim.reminder_hours), "leader": claim.leader_hours,
         "next": claim.next_hours, "outcome": days(claim.outcome_days)},
    )  # fmt: skip
    yield Said("What is claimed inside a hold has that time from its end on, or from when they ask for a talk.")
    yield Said(
        "A snooze lasts %(snooze)s; who is of another company, a job seeker or a partner counts for no return for "
        "%(left_out)s. A return within %(provoked)s of a mail of ours was provoked.",
        {"snooze": days(rules.snooze_days), "left_out": days(rules.left_out_days),
         "provoked": hours(rules.provoked_hours)},
    )  # fmt: skip


def _company_sentences(rules: ReturnsRules) -> Iterator[Said]:
    strongest = Counted("%(n)s strongest person", "%(n)s strongest people", rules.roll_up_members)
    yield Said(
        "An account's engagement joins its %(strongest)s; its breadth counts people of the last %(time)s.",
        {"strongest": strongest, "time": days(rules.breadth_days)},
    )
    yield Said(
        "The week's first digest names lost accounts whose hold ends within %(hold)s, or whose contract with a rival "
        "ends within %(contract)s.",
        {"hold": days(rules.hold_ahead_days), "contract": days(rules.contract_ahead_days)},
    )
