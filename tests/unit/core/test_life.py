"""A machine that lives at random and asks the invariants after each step: people, browsers, deals, mails, operators.

Copies arrive of anything that was said, and workers crash: rows are read back as the changelog has them.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from schemas.activity import Version
from schemas.deals import DealFacts, DealPerson, DealReport
from schemas.delivery import VisitorOrder
from schemas.signals import AlertAction
from schemas.touches import Confirmation, Disposition, MailEvent, MergeOrder
from streams.core.errors import CoreError
from streams.core.rows import ROWS
from tests.unit.core.invariants import broken
from tests.unit.core.made import DAY, HOUR, MINUTE, NAMING, NOW, engaged, identify, page, track
from tests.unit.core.whole import WholeCore

EMAILS = ("ann@acme.example", "ben@acme.example", "cho@acme.example", "dan@gmail.com")
PATHS = ("/", "/product", "/pricing", "/compare/rival", "/careers", "/security/sso", "/docs/start")
REASONS = ("not_now", "review_stopped", "no_budget_yet", "too_early")
people = st.sampled_from(EMAILS)
browsers = st.sampled_from(("v1", "v2", "v3"))
waits = st.sampled_from((MINUTE, HOUR, 9 * HOUR, DAY, 8 * DAY, 31 * DAY, 95 * DAY))
NOWHERE = Version(0, 0)


def _numbered(card: Any) -> dict[str, Any]:
    """A card's moves without their versions."""
    return {"moves": tuple(replace(one, version=NOWHERE) for one in card.moves)} if hasattr(card, "moves") else {}


class Life(RuleBasedStateMachine):
    """One company, four people, three browsers, two deals."""

    @initialize()
    def begin(self) -> None:
        self.core = WholeCore()
        self.now = NOW
        self.number = 0
        self.said: list[Callable[[], None]] = []

    def _next(self) -> int:
        self.now += MINUTE
        self.number += 1
        return self.now

    @rule(wait=waits)
    def time_passes(self, wait: int) -> None:
        self.now += wait
        self.core.wait(self.now)

    @rule(who=browsers, path=st.sampled_from(PATHS), read_s=st.sampled_from((2, 12, 45)), touched=st.integers(0, 2),
          late=st.sampled_from((0, HOUR, 2 * DAY)))  # fmt: skip
    def reads(self, who: str, path: str, read_s: int, touched: int, late: int) -> None:
        at = self._next()
        opened = page(path, at - late, self.number, who=who)
        self._tell(lambda: self.core.event(opened, at=at))
        self.now = after = at + 1_000 * read_s
        seen = engaged(path, at - late, self.number, who=who, dwell_ms=1_000 * read_s, touched=touched)
        self._tell(lambda: self.core.event(seen, at=after))

    @rule(who=browsers, form=st.sampled_from(("contact", "quote", "newsletter", "feedback")))
    def fills_in_a_form(self, who: str, form: str) -> None:
        at = self._next()
        sent = track("form_submitted", at, who=who, n=self.number, form=form)
        self._tell(lambda: self.core.event(sent, at=at))

    @rule(who=browsers, email=people, late=st.sampled_from((0, HOUR, 2 * DAY)), user=st.sampled_from((None, "u1")))
    def says_who_it_is(self, who: str, email: str, late: int, user: str | None) -> None:
        at = self._next()
        said = identify(at - late, who=who, user=user, email=email)
        self._tell(lambda: self.core.event(said, at=at))

    @rule(deal=st.sampled_from(("1", "2")), status=st.sampled_from(("open", "lost", "lost", "won", "open")),
          reason=st.sampled_from(("price", "timing", "feature_gap:sso")), on=st.sets(people, max_size=2),
          ago=st.sampled_from((0, DAY, 40 * DAY)))  # fmt: skip
    def a_crm_reports(self, deal: str, status: Any, reason: str, on: set[str], ago: int) -> None:
        at = self._next()
        lost = {"lost_at": at - ago, "lost_reason": reason} if status == "lost" else {}
        persons = tuple(DealPerson(NAMING.lead_of_email(one), one, one) for one in sorted(on))
        facts = DealFacts(deal_id=f"deal:crm:{deal}", status=status, account_id="acme.example", account_name="Acme",
                          reported_at=at - ago, people=persons, **lost)  # fmt: skip
        report = DealReport(to=facts.deal_id, received_at=at, deal=facts)
        self._tell(lambda: self.core.hears("accounts", report))

    @rule(email=people, kind=st.sampled_from(("accepted", "booked", "held", "no_show", "attempt", "opted_in")))
    def sales_reports(self, email: str, kind: str) -> None:
        self._decide(email, kind, "")

    @rule(email=people, reason=st.sampled_from(REASONS))
    def sales_puts_aside(self, email: str, reason: str) -> None:
        self._decide(email, "disposition", reason)

    @rule(email=people, kind=st.sampled_from(("dead_end", "restored")))
    def sales_closes_or_reopens(self, email: str, kind: str) -> None:
        self._decide(email, kind, "student")

    @rule(email=people, answers=st.lists(st.sampled_from(("yes", "no", "unknown")), min_size=8, max_size=8))
    def sales_checks(self, email: str, answers: list[str]) -> None:
        names = ("budget", "authority", "needs", "timeframe", "problem", "obstacle", "solution", "effect")
        self._decide(email, "checked", "", said=dict(zip(names, answers, strict=True)))

    def _decide(self, email: str, kind: str, reason: str, *, said: dict[str, str] | None = None) -> None:
        at = self._next()
        told = Disposition(to=NAMING.lead_of_email(email), milestone_id=f"{kind}@{at}", kind=kind, reason=reason, at=at,
                           actor="Rita", said=said or {})  # fmt: skip
        self._perhaps("leads", told)

    @rule(email=people, into=st.sampled_from((*EMAILS, "")))
    def an_operator_merges(self, email: str, into: str) -> None:
        target = NAMING.lead_of_email(into) if into else ""
        order = MergeOrder(to=NAMING.lead_of_email(email), into=target, at=self._next(), actor="Olga")
        self._perhaps("leads", order)

    @rule(who=browsers, email=people, kind=st.sampled_from(("deny", "allow")))
    def an_operator_parts_a_browser(self, who: str, email: str, kind: Any) -> None:
        lead_id = NAMING.lead_of_email(email)
        order = VisitorOrder(to=who, kind=kind, lead_id=lead_id, at=self._next(), actor="Olga")
        self._tell(lambda: self.core.order(order))

    @rule(email=people, message=st.sampled_from(("m1", "m2")), link=st.sampled_from(("1", "2")),
          kind=st.sampled_from(("delivered", "opened", "clicked", "replied", "unsubscribed")))  # fmt: skip
    def a_mail_is_answered(self, email: str, message: str, link: str, kind: Any) -> None:
        at, lead_id = self._next(), NAMING.lead_of_email(email)
        mail = MailEvent(
            to=lead_id, kind=kind, mail_event_id=f"e{self.number}", message_id=message, at=at, link=link,
            click_id=f"{lead_id}.{message}-{link}" if kind == "clicked" else "", ip="203.0.113.0", user_agent="Firefox",
        )  # fmt: skip
        self._tell(lambda: self.core.hears("leads", mail))

    @rule(email=people, message=st.sampled_from(("m1", "m2")), link=st.sampled_from(("1", "2")))
    def a_click_is_confirmed(self, email: str, message: str, link: str) -> None:
        lead_id = NAMING.lead_of_email(email)
        seen = Confirmation(to=lead_id, click_id=f"{lead_id}.{message}-{link}", visitor_id="v9", at=self._next(),
                            dwell_ms=9_000, interactions=2)  # fmt: skip
        self._tell(lambda: self.core.hears("leads", seen))

    @rule(verb=st.sampled_from(("claim", "contacted", "dismiss", "snooze")), data=st.data())
    def sales_acts_on_an_alert(self, verb: Any, data: st.DataObject) -> None:
        if not self.core.alerts:
            return
        alert = data.draw(st.sampled_from(sorted(self.core.alerts.values(), key=lambda one: one.alert_id)))
        outcome = "talking" if verb == "contacted" else ""
        self._perhaps("accounts", AlertAction(to=alert.account_id, alert_id=alert.alert_id, action=verb, actor="Rita",
                                              at=self._next(), outcome=outcome, reason="not now"))  # fmt: skip

    def _perhaps(self, table: str, message: Any) -> None:
        """What a person says may be refused; then nothing has changed."""
        before = dict(self.core.rows[table])
        try:
            self.core.hears(table, message)
        except CoreError:
            assert self.core.rows[table] == before
            self.core._waiting.clear()

    @rule()
    def every_worker_crashes(self) -> None:
        """Rows as the changelog has them; cards, alerts and moves stay what was said."""
        for table, rows in self.core.rows.items():
            self.core.rows[table] = {key: ROWS[table].decode(ROWS[table].encode(row)) for key, row in rows.items()}

    @rule(data=st.data())
    def a_copy_arrives(self, data: st.DataObject) -> None:
        """Anything that was said once may come again, and changes nothing."""
        if self.said:
            before = self._shown()
            data.draw(st.sampled_from(self.said))()
            assert self._shown() == before

    def _shown(self) -> list[Any]:
        cards = [*self.core.leads.values(), *self.core.accounts.values(), *self.core.alerts.values()]
        return [replace(card, version=NOWHERE, **_numbered(card)) for card in cards]

    def _tell(self, tell: Callable[[], None]) -> None:
        tell()
        self.said.append(tell)

    @invariant()
    def all_holds(self) -> None:
        if hasattr(self, "core"):
            assert not broken(self.core), broken(self.core)


Life.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLife = Life.TestCase
