"""A generated world: people, browsers, deals, and what of it arrives how often and in which order. Seeded.

What must come out is known twice: by the oracle (`oracle.py`, the same folds over the unique events) and by the plan
here (who asks for something, which lost deals come back), so that a fold that forgets cannot hide behind itself.
"""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from schemas.deals import DealReport
from schemas.ids import Naming, hit_id_of
from schemas.rejected import Reason
from tests.integration.cast import Browser, Company, Person, companies, person_of, stranger
from tests.integration.crm import Crm
from tests.integration.journeys import Journeys
from tests.integration.poison import Planted, plant
from tests.integration.post import Parcel, copies, encoded, once, parcels, shuffled
from tests.integration.scribe import DAY_MS, Happened, Scribe

__all__ = ["Plan", "Role", "World", "generate"]

Role: TypeAlias = Literal[
    "reader",
    "two_browsers",
    "late",
    "shared",
    "member",
    "linked",
    "job_seeker",
    "requester",
    "qualifier",
    "deal",
    "back",
]
# Of 2,000 people: how many play what. The rest stay anonymous.
SHARES: Final[dict[Role, int]] = {
    "reader": 230, "two_browsers": 60, "late": 80, "shared": 90, "member": 30, "linked": 40, "job_seeker": 40,
    "requester": 60, "qualifier": 20,
}  # fmt: skip
LOST_AND_BACK: Final = 36
LOST_AND_QUIET: Final = 24
NOT_LOST: Final = 12
# A clock in hours of work that began in the test (there is one where rows are computed anew) is over after a weekend.
CLOSES_AFTER_MS: Final = 4 * DAY_MS


class Plan(Struct, frozen=True, kw_only=True):
    """What one person plays. `lead_id` follows from the address, or from the user id for `member`."""

    role: Role
    person: Person
    lead_id: str
    pages: frozenset[int]  # hit ids of counted pages that are this person's, as far as the plan is sure of them


class World(Struct, frozen=True, kw_only=True):
    """All of it. `arrivals` are encoded deliveries by visitor in the order in which they are written to `visits`."""

    seed: int
    end_at: int  # nothing happens after it, except:
    closing_at: int  # the last tick, later than anything that the clock may say on the way
    events: int  # unique, poison not counted
    sent: int  # copies and poison counted
    early_deals: tuple[DealReport, ...]  # known before anything else arrives
    late_deals: tuple[DealReport, ...]  # arrive among the visits
    unique: tuple[Parcel, ...]
    arrivals: tuple[tuple[str, bytes], ...]
    broken: tuple[bytes, ...]  # whole records of `visits` that are no blocks
    poison: tuple[Planted, ...]  # they are among these
    plans: tuple[Plan, ...]
    back: frozenset[str]  # account ids whose lost deal must raise one real-time alert each
    quiet: frozenset[str]  # account ids with a lost deal that must raise none
    loose: frozenset[str]  # lead ids whose path (not their end) may depend on what arrives first


class _Maker:
    """One world in the making."""

    def __init__(self, *, seed: int, people: int, end_at: int, naming: Naming) -> None:
        self.random = Random(seed)
        self.people = people
        self.end_at = end_at
        self.naming = naming
        self.scribe = Scribe(self.random)
        self.journeys = Journeys(self.random, self.scribe, end_at=end_at)
        self.crm = Crm(self.random, naming, end_at=end_at)
        self.plans: list[Plan] = []
        self.browsers = 0
        self.planned = 0  # events of people with a plan
        self._numbers = iter(range(people * 10))
        count = max(12, people // 8)
        self.companies = companies(self.random, count + self.scaled(LOST_AND_BACK + LOST_AND_QUIET + NOT_LOST))
        self.ordinary, self.special = self.companies[:count], iter(self.companies[count:])

    def scaled(self, of_2000: int) -> int:
        return max(2, round(of_2000 * self.people / 2000))

    def browser(self, *, source: str = "site", machine: bool = False) -> Browser:
        self.browsers += 1
        return stranger(self.random, self.browsers, source=source, machine=machine)

    def person(self, company: Company | None = None) -> Person:
        chosen = company or (self.random.choice(self.ordinary) if self.random.random() < 0.85 else None)
        return person_of(self.random, next(self._numbers), chosen)

    def noted(self, role: Role, person: Person, *, since: int, lead_id: str = "") -> None:
        """Remember the plan of a person all of whose pages since then (an index of the scribe's events) are theirs."""
        own = frozenset(
            hit_id_of(one.browser.source, one.message_id)
            for one in self.scribe.events[since:]
            if one.message_id in self.scribe.read_pages
        )
        lead = lead_id or self.naming.lead_of_email(person.email)
        self.plans.append(Plan(role=role, person=person, lead_id=lead, pages=own))

    def ordinary_people(self) -> None:
        for role, share in SHARES.items():
            for _ in range(self.scaled(share)):
                self.play(role, self.person())

    def play(self, role: Role, person: Person) -> None:  # noqa: C901  (a table of roles)
        since = len(self.scribe.events)
        match role:
            case "reader":
                source = "site" if self.random.random() < 0.85 else "shop"
                self.journeys.reader(person, [self.browser(source=source)])
            case "two_browsers":
                self.journeys.reader(person, [self.browser(), self.browser()])
            case "late":
                self.journeys.late(person, self.browser())
            case "shared":
                self.shared(person)
                return
            case "member" | "linked":
                user_id = f"u-{next(self._numbers)}"
                self.journeys.member(person, self.browser(), user_id, linked=role == "linked")
                lead = "" if role == "linked" else self.naming.lead_of_user(user_id)
                self.noted(role, person, since=since, lead_id=lead)
                return
            case "job_seeker":
                self.journeys.job_seeker(person, self.browser())
            case "requester":
                self.journeys.requester(person, self.browser())
            case "qualifier":  # of a company, since free mail costs points, and high up
                person = replace(self.person(self.random.choice(self.ordinary)), title="Head of Operations")
                self.journeys.qualifier(person, self.browser())
            case _:
                raise AssertionError(role)
        self.noted(role, person, since=since)

    def shared(self, first: Person) -> None:
        second = self.person()
        self.journeys.shared(first, second, self.browser())
        for person in (first, second):
            self.noted("shared", person, since=len(self.scribe.events))

    def lost_and_back(self, number: int) -> str:
        """A lost deal whose people return; every third by other ways. Returns the account id."""
        company = next(self.special)
        staff = [self.person(company) for _ in range(3)]
        on_deal = staff[:2]
        nameless = number % 9 == 4
        deal = self.crm.lost(company, on_deal, nameless=nameless, late=number % 7 == 3)
        first = self.browser()
        since = len(self.scribe.events)
        if number % 2:
            self.journeys.before_the_loss(on_deal[0], first, lost_at=deal.lost_at or 0)
        self.journeys.back(on_deal[0], first, days=((9, 4), (6, 3, 2), (2,))[number % 3])
        self.noted("back", on_deal[0], since=since)
        if number % 3 == 2:
            since = len(self.scribe.events)
            self.journeys.back(on_deal[1], self.browser(), days=(5, 3))
            self.noted("back", on_deal[1], since=since)
        if not nameless and number % 3 == 1:
            since = len(self.scribe.events)
            self.journeys.back(staff[2], self.browser(), days=(7,), pricing=False)
            self.noted("back", staff[2], since=since)
        return deal.account_id

    def lost_and_quiet(self, number: int) -> str:
        """A lost deal after which nothing, or too little, is seen."""
        company = next(self.special)
        staff = [self.person(company) for _ in range(2)]
        deal = self.crm.lost(company, staff[:1], late=number % 7 == 3)
        browser = self.browser()
        since = len(self.scribe.events)
        lost_at = deal.lost_at or 0
        match number % 4:
            case 0:
                self.journeys.before_the_loss(staff[0], browser, lost_at=lost_at)
            case 1:  # too soon after the loss to be a return
                self.journeys.before_the_loss(staff[0], browser, lost_at=lost_at)
                self.scribe.page(browser, lost_at + 3 * DAY_MS, "/pricing", dwell_ms=30_000)
            case 2:  # a colleague who was not on the deal, one plain day: R = 3
                self.journeys.back(staff[1], browser, days=(4,), pricing=False)
            case _:  # glances only
                self.scribe.identify(browser, self.journeys.hour(6, 9), staff[0])
                self.scribe.page(browser, self.journeys.hour(6, 10), "/pricing", dwell_ms=1_200)
        self.noted("deal", staff[number % 4 == 2], since=since)
        return deal.account_id

    def not_lost(self, number: int) -> str:
        """An open or won deal whose people read a lot: no return."""
        company = next(self.special)
        person = self.person(company)
        deal = self.crm.going_on(company, [person], won=bool(number % 2))
        since = len(self.scribe.events)
        self.journeys.back(person, self.browser(), days=(6, 3))
        self.noted("deal", person, since=since)
        return deal.account_id

    def fill(self, events: int) -> None:
        """Anonymous people up to that many events in all; who was written before is `planned`."""
        self.planned = len(self.scribe.events)
        for left in range(max(1, self.people - len(self.plans)), 0, -1):
            self.journeys.anonymous(
                self.browser(machine=left % 50 == 0), events=max(1, (events - len(self.scribe.events)) // left)
            )
        while len(self.scribe.events) < events:
            self.journeys.anonymous(self.browser(), events=1)

    def trimmed(self, events: int) -> list[Happened]:
        """Exactly that many: the newest written are anonymous, nobody misses them. AssertionError if they are not."""
        assert self.planned <= events, f"{self.people} people need {self.planned} events, {events} cut one's plan short"
        return self.scribe.events[:events]


def _numbered(count: int) -> Iterator[int]:
    return iter(range(count))


def generate(*, seed: int, end_at: int, naming: Naming, people: int = 2_000, events: int = 20_000) -> World:
    """A world that ends at `end_at` (UTC milliseconds, a midnight). The same arguments give the same world."""
    maker = _Maker(seed=seed, people=people, end_at=end_at, naming=naming)
    back = [maker.lost_and_back(number) for number in _numbered(maker.scaled(LOST_AND_BACK))]
    quiet = [maker.lost_and_quiet(number) for number in _numbered(maker.scaled(LOST_AND_QUIET))]
    quiet += [maker.not_lost(number) for number in _numbered(maker.scaled(NOT_LOST))]
    maker.ordinary_people()
    maker.fill(events)
    happened = maker.trimmed(events)
    originals = parcels(happened)
    sent = [*originals, *copies(maker.random, originals, events=events // 10, before=end_at)]
    arrivals, poison = plant(
        maker.random, [encoded(one) for one in shuffled(maker.random, sent)], count=max(8, events // 250)
    )
    broken = (b'[{"received_at":1,"ev', b"\x00\xff no block at all")
    poison += [Planted(raw, Reason.JSON) for raw in broken]
    assert len({one.message_id for one in happened}) == events
    assert max(one.received_at for one in sent) < end_at
    assert max(Counter(one.browser.anonymous_id for one in happened).values()) < 200
    late = {person.lead_id for report in maker.crm.late for person in report.deal.people}
    return World(
        seed=seed, end_at=end_at, closing_at=end_at + CLOSES_AFTER_MS, events=events,
        sent=sum(len(one.happened) for one in sent) + len(poison),
        early_deals=tuple(maker.crm.early), late_deals=tuple(maker.crm.late), unique=tuple(once(sent)),
        arrivals=tuple(arrivals), broken=broken, poison=tuple(poison), plans=tuple(maker.plans), back=frozenset(back),
        quiet=frozenset(quiet), loose=frozenset(late),
    )  # fmt: skip
