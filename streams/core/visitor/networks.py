"""Anonymous visitors from a listed office network: known as somebody of that company, and as nobody in particular.

Only what a browser sends says where it is: what a server key brings comes from a server's address.
"""

from collections.abc import Iterable
from typing import Final, Protocol

from schemas.activity import Activity, Version
from schemas.delivery import Trust
from schemas.signals import Member, NetworkStanding
from streams.core.activity.activity import EMPTY
from streams.core.activity.seen_days import seen_of
from streams.core.activity.together import Doings
from streams.core.events.facts import Facts
from streams.core.gone import Gone
from streams.core.rules import Rules
from streams.core.score.scoring import score
from streams.core.visitor.identity import ANYBODY

__all__ = ["STAFF", "network_of", "network_standings", "with_networks"]

STAFF: Final = "staff"
MAX_NETWORKS: Final = 4
MEMBER_PAGES: Final = 8


class _Seen(Protocol):
    """What is asked of a visitor's row. `networks`: account -> when it was seen there last."""

    @property
    def version(self) -> Version: ...
    @property
    def as_of(self) -> int: ...
    @property
    def by_lead(self) -> dict[str, Activity]: ...
    @property
    def networks(self) -> dict[str, int]: ...
    @property
    def gone(self) -> dict[str, Gone]: ...


def network_of(ip: str | None, *, trust: Trust, rules: Rules) -> str:
    """The account whose office the address lies in, `staff` for one of ours, "" for none or a competitor's."""
    if trust == "proven":
        return ""
    account_id = rules.routing.account_of_network(ip)
    if not account_id:
        return ""
    aside = rules.routing.set_aside(account_id)
    return STAFF if aside == "staff" else "" if aside else account_id


def with_networks(networks: dict[str, int], messages: Iterable[Facts]) -> dict[str, int]:
    """The networks that a browser was seen in, with the freshest time of each; the 4 freshest; the same if none is new.

    The freshest counts: somebody who visits a company for a day is of that company for that day only.
    """
    after = dict(networks)
    for one in messages:
        if one.network:
            after[one.network] = max(one.received_at, after.get(one.network, 0))
    ranked = sorted(after, key=lambda account_id: (after[account_id], account_id), reverse=True)[:MAX_NETWORKS]
    kept = {account_id: after[account_id] for account_id in sorted(ranked)}
    return networks if kept == networks else kept


def network_standings(
    visitor_id: str, row: _Seen, *, known: bool, withdraw: bool, rules: Rules
) -> tuple[NetworkStanding, ...]:
    """What the row says to the company whose network it was in last, while nobody is known; nothing to the others.

    `withdraw`: also where it never may have stood.
    """
    newest = max(row.networks, key=lambda account_id: (row.networks[account_id], account_id))
    standing = {} if known else {newest: _member(visitor_id, row, rules)}
    told, now = row.networks if withdraw or not known else {}, Gone(row.version, row.as_of)
    return tuple(
        NetworkStanding(
            to=to, visitor_id=visitor_id, version=since.version, as_of=since.as_of, member=standing.get(to)
        )
        for to, since in ((one, row.gone.get(one, now)) for one in told)
    )


def _member(visitor_id: str, row: _Seen, rules: Rules) -> Member:
    """What nobody in particular did through this browser."""
    activity = row.by_lead.get(ANYBODY, EMPTY)
    scored = score(Doings({visitor_id: activity}), traits=activity.traits, as_of=row.as_of, epoch_at=None, rules=rules)
    seen = seen_of(activity, rules)
    return Member(
        name="",
        email="",
        title="",
        trust="claimed",
        stage="anonymous",
        dead_end=False,
        known_at=0,
        score_tenths=scored.total_tenths,
        engagement_tenths=scored.engagement_tenths,
        fit=scored.fit,
        fit_company=scored.fit_company,
        grade=scored.grade,
        reasons=scored.up,
        human=seen.human,
        days=seen.days,
        intents=seen.intents,
        answers=seen.answers,
        requests=tuple(one for one in activity.milestones if one.kind == "requested"),
        pages=seen.pages[:MEMBER_PAGES],
    )
