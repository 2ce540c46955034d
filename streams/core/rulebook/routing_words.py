"""routing.toml in words: who hears what, and when."""

from collections.abc import Iterator

from streams.core.rulebook.phrasing import listed, plural
from streams.core.rulebook.routing_rules import Rep, RoutingRules

__all__ = ["listing_sentences", "rep_sentences", "when_sentences"]


def when_sentences(rules: RoutingRules, *, timezone: str) -> Iterator[str]:
    """Which channels, at which hours, how often. `timezone`: the site's."""
    channels, hours = rules.channels, rules.hours
    yield f"Real-time alerts go to {listed(channels.real_time)}; digests to {listed(channels.digest)}."
    holidays = f", less {plural(len(rules.holidays), 'holiday')}" if rules.holidays else ""
    yield (
        f"At work: {listed(hours.days)}, {hours.begins:%H:%M} to {hours.ends:%H:%M} in each rep's own time zone "
        f"({timezone} where none is said){holidays}."
    )
    yield (
        "At other times nobody is told until work begins, but of a request at once; "
        f"{listed(channels.at_once, none='no channel')} {'shows' if len(channels.at_once) < 2 else 'show'} every alert "
        "at once."
    )
    yield (
        f"At most {plural(rules.most_a_day, 'real-time message')} of a rep and day, requests apart; the rest goes to "
        f"the digest at {hours.digest_at:%H:%M} with at most {plural(rules.digest_most, 'alert')}."
    )


def rep_sentences(rules: RoutingRules) -> Iterator[str]:
    """Who is told, and what each rep is told for."""
    yield (
        "Told is the owner of the lost deal, else the account's owner, else whose turn it is among those of the "
        f"territory, else {rules.team}."
    )
    for rep in rules.rep:
        yield f"{rep.name or rep.email}: {listed(_of(rep))}."


def listing_sentences(rules: RoutingRules) -> Iterator[str]:
    """Whose domains and networks are listed."""
    yield f"Our own staff (a dead end): {listed(rules.own_domains)}."
    yield f"Competitors (a dead end): {listed(rules.competitor_domains)}."
    for target in rules.target:
        yield f"Target account {target.domain}: {target.rep or 'nobody named'}."
    for network in rules.network:
        yield f"Network of {network.domain}: {listed(network.ranges)}."
    for company in rules.company:
        yield f"One company, {company.domains[0]}: also {listed(company.domains[1:])}."


def _of(rep: Rep) -> Iterator[str]:
    if not rep.active:
        yield "not active, hears nothing"
        return
    yield "field sales" if rep.field else "takes turns"
    yield f"territories {listed(rep.territories)}" if rep.territories else "every territory"
    if rep.timezone:
        yield rep.timezone
    if rep.leader:
        yield f"led by {rep.leader}"
