"""routing.toml in words: who hears what, and when."""

from collections.abc import Iterator, Mapping
from typing import Final

from streams.core.rulebook.phrasing import in_a_row
from streams.core.rulebook.routing_rules import Rep, RoutingRules
from streams.core.said import Counted, Said, Value

__all__ = ["listing_sentences", "rep_sentences", "when_sentences"]

_DAYS: Final[Mapping[str, Said]] = {
    "mon": Said("mon"), "tue": Said("tue"), "wed": Said("wed"), "thu": Said("thu"), "fri": Said("fri"),
    "sat": Said("sat"), "sun": Said("sun"),
}  # fmt: skip


def when_sentences(rules: RoutingRules, *, timezone: str) -> Iterator[Said]:
    """Which channels, at which hours, how often. `timezone`: the site's."""
    channels, hours = rules.channels, rules.hours
    yield Said("Real-time alerts go to %(real_time)s; digests to %(digest)s.",
               {"real_time": in_a_row(channels.real_time), "digest": in_a_row(channels.digest)})  # fmt: skip
    at_work: dict[str, Value] = {
        "days": in_a_row(_DAYS[day] for day in hours.days), "begins": f"{hours.begins:%H:%M}",
        "ends": f"{hours.ends:%H:%M}", "timezone": timezone,
    }  # fmt: skip
    if rules.holidays:
        yield Said(
            "At work: %(days)s, %(begins)s to %(ends)s in each rep's own time zone (%(timezone)s where none is said), "
            "less %(holidays)s.",
            at_work | {"holidays": Counted("%(n)s holiday", "%(n)s holidays", len(rules.holidays))},
        )
    else:
        yield Said("At work: %(days)s, %(begins)s to %(ends)s in each rep's own time zone (%(timezone)s where none is "
                   "said).", at_work)  # fmt: skip
    at_once = {"channels": in_a_row(channels.at_once, none=Said("no channel"))}
    if len(channels.at_once) < 2:
        yield Said("At other times nobody is told until work begins, but of a request at once; %(channels)s shows "
                   "every alert at once.", at_once)  # fmt: skip
    else:
        yield Said("At other times nobody is told until work begins, but of a request at once; %(channels)s show every "
                   "alert at once.", at_once)  # fmt: skip
    yield Said(
        "At most %(messages)s of a rep and day, requests apart; the rest goes to the digest at %(time)s with at most "
        "%(alerts)s.",
        {"messages": Counted("%(n)s real-time message", "%(n)s real-time messages", rules.most_a_day),
         "time": f"{hours.digest_at:%H:%M}", "alerts": Counted("%(n)s alert", "%(n)s alerts", rules.digest_most)},
    )  # fmt: skip


def rep_sentences(rules: RoutingRules) -> Iterator[Said]:
    """Who is told, and what each rep is told for."""
    yield Said(
        "Told is the owner of the lost deal, else the account's owner, else whose turn it is among those of the "
        "territory, else %(team)s.",
        {"team": rules.team},
    )
    for rep in rules.rep:
        yield Said("%(rep)s: %(what)s.", {"rep": rep.name or rep.email, "what": in_a_row(_of(rep))})


def listing_sentences(rules: RoutingRules) -> Iterator[Said]:
    """Whose domains and networks are listed."""
    yield Said("Our own staff (a dead end): %(domains)s.", {"domains": in_a_row(rules.own_domains)})
    yield Said("Competitors (a dead end): %(domains)s.", {"domains": in_a_row(rules.competitor_domains)})
    for target in rules.target:
        yield Said("Target account %(domain)s: %(rep)s.",
                   {"domain": target.domain, "rep": target.rep or Said("nobody named")})  # fmt: skip
    for network in rules.network:
        yield Said("Network of %(domain)s: %(ranges)s.",
                   {"domain": network.domain, "ranges": in_a_row(network.ranges)})  # fmt: skip
    for company in rules.company:
        yield Said("One company, %(domain)s: also %(others)s.",
                   {"domain": company.domains[0], "others": in_a_row(company.domains[1:])})  # fmt: skip


def _of(rep: Rep) -> Iterator[Value]:
    if not rep.active:
        yield Said("not active, hears nothing")
        return
    yield Said("field sales") if rep.field else Said("takes turns")
    if rep.territories:
        yield Said("territories %(territories)s", {"territories": in_a_row(rep.territories)})
    else:
        yield Said("every territory")
    if rep.timezone:
        yield rep.timezone
    if rep.leader:
        yield Said("led by %(leader)s", {"leader": rep.leader})
