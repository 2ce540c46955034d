"""Messages to leads, accounts, deals and recipients, and rows as folds leave them. Short names, times in UTC ms."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final

from schemas.activity import Activity, Hit, Milestone, PageSeen, Trait, Version
from schemas.cards import AccountCard, AlertCard, LeadCard
from schemas.deals import CompanyRecord, DealFacts, DealPerson, DealStanding, Owner
from schemas.delivery import Trust
from schemas.posts import Post
from schemas.signals import AlertAction, Day, LeadStanding, Member, NetworkStanding, Signal
from schemas.touches import Disposition, Touch, VisitorStanding
from streams.core.effects import Effects
from streams.core.lead import fold as lead
from streams.core.lead.fold import Lead
from streams.core.rules import Rules
from streams.core.signals import SignalRow, fold_signals
from tests.unit.core.made import ANN, DAY, NAMING, NOW, RULES

ACME: Final = "acme.example"
DEAL: Final = "deal:crm:1"
OWNER: Final = Owner(NAMING.recipient_of("rep@us.example"), "Rita Rep", "rep@us.example")


def read(
    path: str, at: int, *, kind: str = "other", dwell_ms: int | None = 30_000, touched: int | None = 3
) -> PageSeen:
    """A page that somebody read."""
    return PageSeen(at, hash_of(path, at), path, kind, dwell_ms, touched)


def hash_of(*what: object) -> int:
    """A hit id that follows from what it is of."""
    return int.from_bytes(blake2b(repr(what).encode(), digest_size=7).digest(), "big")


def hits(rule: str, *ats: int) -> dict[str, tuple[Hit, ...]]:
    """Hits of one rule, freshest first."""
    return {rule: tuple(sorted((Hit(at, hash_of(rule, at), rule) for at in ats), reverse=True))}


# 48 points of web and 60 of forms; the request's own milestone is left out.
ENOUGH: Final = (
    hits("pricing_page", NOW, NOW - DAY, NOW - 2 * DAY)
    | hits("comparison_page", NOW, NOW - DAY)
    | hits("request", NOW)
    | hits("form", NOW)
)


def did(
    *pages: PageSeen, points: Mapping[str, tuple[Hit, ...]] | None = None, asked: Iterable[int] = (), **traits: str
) -> Activity:
    """What somebody did; `asked` are times of requests, `traits` are said long ago."""
    return Activity(
        hits=dict(points or {}),
        pages=tuple(sorted(pages, key=lambda page: page[:4], reverse=True)),
        milestones=tuple(sorted((Milestone(at, "requested", f"r{at}", "quote") for at in asked), reverse=True)),
        traits={name: Trait(1, value) for name, value in sorted(({"email": "ann@acme.example"} | traits).items())},
    )


def browser(
    activity: Activity | None, *, offset: int, visitor: str = "v1", as_of: int = NOW, known_at: int = NOW - 30 * DAY,
    trust: Trust = "claimed", to: str = ANN,
) -> VisitorStanding:  # fmt: skip
    """A visitor's standing at a lead."""
    return VisitorStanding(
        to=to, visitor_id=visitor, version=Version(0, offset), as_of=as_of, known_at=known_at, trust=trust,
        activity=activity,
    )  # fmt: skip


def deal(status: str = "lost", *, at: int = NOW - 60 * DAY, deal_id: str = DEAL, **more: Any) -> DealFacts:
    """A deal of Acme with Ann on it, lost at `at` for its price."""
    lost = {"lost_at": at, "lost_reason": "timing"} if status == "lost" else {}
    people = (DealPerson(ANN, "ann@acme.example", "Ann Example"),)
    told = {
        "status": status,
        "reported_at": at,
        "account_id": ACME,
        "account_name": "Acme",
        "owner": OWNER,
        "people": people,
    }
    return DealFacts(deal_id=deal_id, **(told | lost | more))


def of_deal(
    facts: DealFacts | None, *, offset: int, to: str = ANN, as_of: int = NOW, deal_id: str = DEAL
) -> DealStanding:
    """A deal's standing at a person or an account."""
    found = deal_id if facts is None else facts.deal_id
    return DealStanding(to=to, deal_id=found, version=Version(0, offset), as_of=as_of, deal=facts)


def decided(
    kind: str, reason: str = "", *, at: int = NOW, to: str = ANN, until: int = 0, said: Mapping[str, str] | None = None
) -> Disposition:
    """What somebody in sales decided. `until`: a date that the customer named."""
    return Disposition(
        to=to, milestone_id=f"{kind}@{at}", kind=kind, reason=reason, at=at, actor="sam", until=until,
        said=dict(said or {}),
    )  # fmt: skip


def member(
    *,
    active: Iterable[int] = (),
    careers: Iterable[int] = (),
    passive: Iterable[int] = (),
    intents: Iterable[int] = (),
    asked: Iterable[int] = (),
    **more: Any,
) -> Member:
    """A lead as its account knows it. All are times: of active days, of careers pages, of days without a human hit."""
    job = set(careers)
    days = [Day(at // DAY, at, active=True, careers=at in job) for at in active]
    days += [Day(at // DAY, at, active=False, careers=at in job) for at in {*passive, *job} - set(active)]
    told = {
        "name": "Ann Example",
        "email": "ann@acme.example",
        "title": "Manager",
        "trust": "claimed",
        "stage": "recycle_b",
        "dead_end": False,
        "known_at": NOW - 90 * DAY,
        "score_tenths": 300,
        "engagement_tenths": 200,
        "fit": 10,
        "fit_company": 0,
        "grade": "C3",
        "reasons": (),
        "human": True,
    }
    return Member(
        **(told | more),
        days=tuple(sorted(days, key=lambda day: day.at, reverse=True)),
        intents=tuple(sorted(intents, reverse=True)),
        requests=tuple(Milestone(at, "requested", f"r{at}", "quote") for at in sorted(asked, reverse=True)),
    )


def of_lead(one: Member | None, *, offset: int, lead_id: str = ANN, as_of: int = NOW, to: str = ACME) -> LeadStanding:
    """A lead's standing at an account."""
    return LeadStanding(to=to, lead_id=lead_id, version=Version(0, offset), as_of=as_of, member=one)


def of_network(
    one: Member | None, *, offset: int, visitor: str = "v1", as_of: int = NOW, to: str = ACME
) -> NetworkStanding:
    """An anonymous visitor's standing at the account whose network it came from."""
    return NetworkStanding(to=to, visitor_id=visitor, version=Version(0, offset), as_of=as_of, member=one)


def company(
    *, to: str = "crm:crm:9", source: str = "crm", record_id: str = "1", at: int = NOW, **facts: Any
) -> CompanyRecord:
    """What a CRM reports of a company at `at`."""
    return CompanyRecord(to=to, source=source, record_id=record_id, reported_at=at, received_at=at, **facts)


def action(
    what: str, alert_id: str, *, at: int = NOW, actor: str = "sam", reason: str = "", **more: Any
) -> AlertAction:
    """What a person did with an alert."""
    told: dict[str, Any] = {"action": what, "reason": reason, "actor": actor, "at": at} | more
    return AlertAction(to=ACME, alert_id=alert_id, **told)


class LeadStory:
    """One lead, block after block: its row, its newest card, its moves by number."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules = rules
        self.row: Lead | None = None
        self.moves: dict[int, Any] = {}
        self.last = Effects()

    def hears(self, *touches: Touch) -> LeadCard:
        """The card after a block."""
        offset = 0 if self.row is None else self.row.version.offset + 1
        folded = lead.fold(ANN, self.row, touches, version=Version(0, offset), rules=self.rules)
        self.row, self.last = folded
        for move in folded.effects.transitions:
            self.moves[move.number] = move
        return self.card

    @property
    def card(self) -> LeadCard:
        """What the row says when its newest message comes again."""
        assert self.row is not None
        return lead.fold(ANN, self.row, [], version=self.row.version, rules=self.rules).effects.leads[0]

    @property
    def way(self) -> list[str]:
        """Stages so far, with the arrow: `T2 nurture`."""
        return [f"{move.rule_id} {move.to_stage}" for _, move in sorted(self.moves.items())]


class AccountStory:
    """One account, block after block."""

    def __init__(self, rules: Rules = RULES, *, key: str = ACME) -> None:
        self.rules = rules
        self.key = key
        self.row: SignalRow | None = None
        self.alerts: dict[str, AlertCard] = {}
        self.posts: list[tuple[str, str, str]] = []
        self.told: list[Post] = []
        self.last = Effects()

    def hears(self, *signals: Signal) -> AccountCard:
        """The card after a block; `alerts` holds the newest of each alert, `posts` each new (alert, level, to)."""
        offset = 0 if self.row is None else self.row.version.offset + 1
        folded = fold_signals(self.key, self.row, signals, version=Version(0, offset), rules=self.rules)
        self.row, self.last = folded
        for alert in folded.effects.alerts:
            self.alerts[alert.alert_id] = alert
        for post in folded.effects.posts:
            if isinstance(post, Post):
                self.told.append(post)
                self.posts.append((post.alert.alert_id, post.level, post.to))
        return self.card

    @property
    def card(self) -> AccountCard:
        """What the row says when its newest message comes again."""
        assert self.row is not None
        return fold_signals(self.key, self.row, [], version=self.row.version, rules=self.rules).effects.accounts[0]

    @property
    def raised(self) -> list[tuple[str, str, str]]:
        """Posts of new levels alone."""
        return [(one.alert.alert_id, one.level, one.to) for one in self.told if one.occasion == "raised"]

    def heard_by(self, to: str) -> list[tuple[str, int]]:
        """What this recipient was told, and when."""
        return [(one.occasion, one.at) for one in self.told if one.to == to]

    @property
    def alert(self) -> AlertCard:
        """The only alert."""
        assert len(self.alerts) == 1
        return next(iter(self.alerts.values()))
