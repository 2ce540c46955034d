"""What the CRM says in the generated world: deals lost six to ten weeks ago, open and won ones, told more than once."""

from random import Random
from typing import Final

from schemas.deals import DealFacts, DealPerson, DealReport, Owner
from schemas.ids import Naming, deal_id_of
from tests.integration.cast import Company, Person
from tests.integration.scribe import DAY_MS, HOUR_MS

__all__ = ["Crm"]

_REPS: Final = ("Rita Rep", "Sven Seller", "Tao Trader")
_REASONS: Final = ("price", "timing", "no_decision", "competitor", "budget")


class Crm:
    """Collects reports: `early` ones are known before any visit arrives, `late` ones come among the visits."""

    def __init__(self, random: Random, naming: Naming, *, end_at: int) -> None:
        self.random = random
        self.early: list[DealReport] = []
        self.late: list[DealReport] = []
        self._naming = naming
        self._end_at = end_at
        self._number = 0

    def _people(self, people: list[Person]) -> tuple[DealPerson, ...]:
        return tuple(DealPerson(self._naming.lead_of_email(one.email), one.email, one.name) for one in people)

    def _owner(self) -> Owner | None:
        if self.random.random() < 0.25:
            return None
        name = self.random.choice(_REPS)
        email = name.split()[0].lower() + "@seller.example"
        return Owner(self._naming.recipient_of(email), name, email)

    def _told(self, deal: DealFacts, *, late: bool) -> DealFacts:
        """Report this version, now and then twice."""
        report = DealReport(to=deal.deal_id, received_at=deal.reported_at + HOUR_MS, deal=deal)
        kept = self.late if late else self.early
        kept += [report] * self.random.choice((1, 1, 1, 2))
        return deal

    def _deal_id(self) -> str:
        self._number += 1
        return deal_id_of("generic", f"D-{self._number:04d}")

    def lost(self, company: Company, people: list[Person], *, nameless: bool = False, late: bool = False) -> DealFacts:
        """A lost deal. `nameless`: the CRM does not know the company's domain."""
        lost_at = self._end_at - self.random.randint(42, 70) * DAY_MS - self.random.randint(0, DAY_MS)
        slug = company.name.lower().replace(" ", "-")
        facts = DealFacts(
            deal_id=self._deal_id(), status="lost", account_id=f"crm:generic:{slug}" if nameless else company.domain,
            account_name=company.name, reported_at=self._end_at - 12 * DAY_MS if late else lost_at + HOUR_MS,
            lost_at=lost_at, lost_reason=self.random.choice(_REASONS), amount=float(self.random.randint(5, 90) * 1_000),
            currency="EUR", owner=self._owner(), people=self._people(people),
        )  # fmt: skip
        return self._told(facts, late=late)

    def going_on(self, company: Company, people: list[Person], *, won: bool) -> DealFacts:
        """An open or a won deal."""
        facts = DealFacts(
            deal_id=self._deal_id(), status="won" if won else "open", account_id=company.domain,
            account_name=company.name, reported_at=self._end_at - 40 * DAY_MS, amount=20_000.0, currency="EUR",
            owner=self._owner(), people=self._people(people),
        )  # fmt: skip
        return self._told(facts, late=False)
