"""What people do while machines fail: one small company, some strangers, their browsers, deals, mails, and sales.

Everything is a message that somebody outside writes to an inbox, at a time of the world's clock. Collectors have clocks
of their own, up to five minutes off, and spools that give their deliveries late.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final, NamedTuple

from msgspec import Raw

from schemas.codec import ALERT_CARD, encode
from schemas.deals import CompanyRecord, DealFacts, DealPerson, DealReport
from schemas.delivery import Delivery, VisitorOrder
from schemas.signals import AlertAction
from schemas.touches import Confirmation, Disposition, MailEvent, MergeOrder
from tests.simulation.log import Log
from tests.unit.core.made import DAY, HOUR, MINUTE, NAMING, engaged, identify, page, track

__all__ = ["Life", "Told"]

EMAILS: Final = ("ann@acme.example", "ann@acme.example", "ben@acme.example", "cho@acme.example", "dan@gmail.com")
BROWSERS: Final = tuple(f"v{number}" for number in range(6))
PATHS: Final = ("/", "/product", "/pricing", "/compare/rival", "/careers", "/security/sso", "/docs/start")
SKEW_MS: Final = (0, 5 * MINUTE, -5 * MINUTE)  # each collector's clock
LATE_MS: Final = (0, 0, 0, HOUR, 2 * DAY, 9 * DAY)  # how old an event may be when it is sent
FORMS: Final = ("contact", "quote", "newsletter", "feedback")
SAID: Final = (
    "accepted", "booked", "held", "no_show", "attempt", "opted_in", "dead_end", "restored", "disposition", "checked",
    "correction",
)  # fmt: skip
REASONS: Final = ("not_now", "review_stopped", "no_budget_yet", "too_early")
CHECKS: Final = ("budget", "authority", "needs", "timeframe", "problem", "obstacle", "solution", "effect")
MAILS: Final = ("delivered", "opened", "clicked", "replied", "unsubscribed", "bounced")


class Told(NamedTuple):
    """Something that was said from outside at `at`. `message` of `visits` is an encoded delivery, else a message."""

    at: int
    topic: str
    to: str
    message: Any


class Life:
    """`now` is the world's clock. `step` lets one thing happen; `told` is all that was said, each once.

    `afterwards`: so much time passes when all is drained, span by span.
    """

    afterwards: Sequence[int] = ()

    def __init__(self, chance: Random, log: Log, *, now: Callable[[], int]) -> None:
        self._chance = chance
        self._log = log
        self._now = now
        self._number = 0
        self._milestones: list[tuple[str, str]] = []
        self._spools: list[list[Told]] = [[], [], []]
        self._away = [False, False, False]  # Kafka, as each collector sees it
        self.told: list[Told] = []
        happens: dict[Callable[[], None], int] = {
            self.reads: 40, self.fills_in_a_form: 6, self.says_who_it_is: 8, self.a_crm_reports: 8,
            self.a_company_record: 1, self.sales_reports: 10, self.an_operator_merges: 1,
            self.an_operator_parts_a_browser: 1, self.a_mail_is_answered: 8, self.a_click_is_confirmed: 2,
            self.sales_acts_on_an_alert: 5, self.an_import: 2, self.consent_changes: 3, self.comes_again: 12,
        }  # fmt: skip
        self._happens, self._weights = list(happens), list(happens.values())

    def step(self) -> str:
        """One thing happens; its name."""
        self._number += 1
        one = self._chance.choices(self._happens, self._weights)[0]
        one()
        return one.__name__

    # ─── at a browser
    def reads(self) -> None:
        path, at = self._chance.choice(PATHS), self._at()
        who, dwell_ms = self._who(), self._chance.choice((2_000, 12_000, 45_000))
        seen = engaged(path, at, self._number, who=who, dwell_ms=dwell_ms, touched=self._chance.randrange(3))
        self._events(who, page(path, at, self._number, who=who), seen)

    def fills_in_a_form(self) -> None:
        who = self._who()
        form = self._chance.choice(FORMS)
        self._events(who, track("form_submitted", self._at(), who=who, n=self._number, form=form))

    def says_who_it_is(self) -> None:
        who, user = self._who(), self._chance.choice((None, None, "u1", "u2"))
        self._events(who, identify(self._at(), who=who, user=user, email=self._chance.choice(EMAILS)))

    def consent_changes(self) -> None:
        who = self._who()
        consent = self._chance.choice(("yes", "no"))
        said = identify(self._at(), who=who, email=self._chance.choice(EMAILS), marketing_consent=consent)
        self._events(who, said)

    def an_import(self) -> None:
        """A server key tells of the past, as far as it likes."""
        who = self._who()
        at = self._now() - self._chance.choice((20, 200)) * DAY
        known = {"email": self._chance.choice(EMAILS), "title": self._chance.choice(("CEO", "Head of Sales"))}
        self._events(who, identify(at, who=who, **known), source="crm", trust="proven")

    def comes_again(self) -> None:
        """A client, a CRM or a provider sends once more what it sent, lately or long ago."""
        if self.told:
            again = self._chance.choice(self.told[-40:] if self._chance.random() < 0.7 else self.told)
            self._write(again)

    # ─── in other systems
    def a_crm_reports(self) -> None:
        at = self._now()
        status: Any = self._chance.choice(("open", "lost", "lost", "lost", "lost", "lost", "won"))
        since = at - self._chance.choice((0, DAY, 40 * DAY, 60 * DAY, 90 * DAY))
        lost = {"lost_at": since, "lost_reason": self._chance.choice(("price", "timing", "feature_gap:sso"))}
        persons = sorted(set(self._chance.sample(EMAILS[:4], self._chance.randrange(1, 4))))
        facts = DealFacts(
            deal_id=f"deal:crm:{self._chance.choice('12')}", status=status, account_name="Acme", reported_at=since,
            account_id=self._chance.choice(("acme.example", "acme.example", "acme.example", "crm:crm:9")),
            people=tuple(DealPerson(NAMING.lead_of_email(one), one, one) for one in persons),
            **(lost if status == "lost" else {}),
        )  # fmt: skip
        self._say("signals", DealReport(to=facts.deal_id, received_at=at, deal=facts))

    def a_company_record(self) -> None:
        at = self._now()
        domain = self._chance.choice(("", "acme.example"))
        self._say("signals", CompanyRecord(to="crm:crm:9", source="crm", record_id="9", reported_at=at, received_at=at,
                                           domain=domain, name="Acme"))  # fmt: skip

    def a_mail_is_answered(self) -> None:
        lead_id, kind = self._lead(), self._chance.choice(MAILS)
        message, link = self._chance.choice(("m1", "m2")), self._chance.choice("12")
        click = f"{lead_id}.{message}-{link}" if kind == "clicked" else ""
        self._say("touches", MailEvent(
            to=lead_id, kind=kind, mail_event_id=f"e{self._number}", message_id=message, at=self._at(), link=link,
            click_id=click, ip="203.0.113.0", user_agent="Firefox",
        ))  # type: ignore[arg-type]  # fmt: skip

    def a_click_is_confirmed(self) -> None:
        lead_id = self._lead()
        click = f"{lead_id}.{self._chance.choice(('m1', 'm2'))}-{self._chance.choice('12')}"
        self._say("touches", Confirmation(to=lead_id, click_id=click, visitor_id="v9", at=self._now(), dwell_ms=9_000,
                                          interactions=2))  # fmt: skip

    # ─── in sales and at the console
    def sales_reports(self) -> None:
        lead_id, kind, at = self._lead(), self._chance.choice(SAID), self._now()
        said = {name: self._chance.choice(("yes", "yes", "no", "unknown")) for name in CHECKS}
        reason = self._chance.choice(REASONS) if kind == "disposition" else "student" if kind == "dead_end" else ""
        answers = said if kind == "checked" else {}
        if kind == "correction":
            mine = [one for whose, one in self._milestones if whose == lead_id]
            answers, reason = ({"milestone": self._chance.choice(mine)} if mine else {}), "a mistake"
        milestone = f"{kind}@{at}#{self._number}"
        self._milestones.append((lead_id, f"{kind}:{milestone}"))
        self._say("touches", Disposition(to=lead_id, milestone_id=milestone, kind=kind, reason=reason, at=at,
                                         actor="Rita", said=answers))  # fmt: skip

    def an_operator_merges(self) -> None:
        into = self._chance.choice((*EMAILS, "", ""))
        target = NAMING.lead_of_email(into) if into else ""
        self._say("touches", MergeOrder(to=self._lead(), into=target, at=self._now(), actor="Olga"))

    def an_operator_parts_a_browser(self) -> None:
        kind: Any = self._chance.choice(("deny", "allow"))
        order = VisitorOrder(to=self._who(), kind=kind, lead_id=self._lead(), at=self._now(), actor="Olga")
        at = self._now()
        sent = Delivery(received_at=at, source="console", trust="proven", events=[], orders=[Raw(encode(order))])
        self._say("visits", encode(sent), to=order.to)

    def sales_acts_on_an_alert(self) -> None:
        raised = self._log.all("alerts")
        if not raised:
            return
        alert = ALERT_CARD.decode(self._chance.choice(raised).value or b"")
        verb: Any = self._chance.choice(("claim", "claim", "contacted", "dismiss", "release", "snooze", "wake"))
        self._say("signals", AlertAction(
            to=alert.account_id, alert_id=alert.alert_id, action=verb, actor="Rita", at=self._now(), reason="not now",
            outcome="talking" if verb == "contacted" else "",
        ))  # fmt: skip

    # ─── how it comes to Kafka
    def kafka_goes(self) -> None:
        """One collector is cut from Kafka, or sees it again and empties its spool first."""
        number = self._chance.randrange(3)
        self._away[number] = not self._away[number]
        self._drain(number)

    def heal(self) -> None:
        """Every collector sees Kafka."""
        for number in range(3):
            self._away[number] = False
            self._drain(number)

    def _drain(self, number: int) -> None:
        if not self._away[number]:
            spooled, self._spools[number] = self._spools[number], []
            for one in spooled:
                self._append(one)

    def _events(self, who: str, *events: dict[str, Any], source: str = "site", trust: Any = "claimed") -> None:
        skew = self._chance.choice(SKEW_MS)
        sent = Delivery(received_at=self._now() + skew, source=source, trust=trust,
                        events=[Raw(encode(one)) for one in events])  # fmt: skip
        self._say("visits", encode(sent), to=who)

    def _say(self, topic: str, message: Any, *, to: str = "") -> None:
        one = Told(self._now(), topic, to or message.to, message)
        self.told.append(one)
        self._write(one)

    def _write(self, one: Told) -> None:
        number = self._chance.randrange(3)
        (self._spools[number].append if self._away[number] else self._append)(one)

    def _append(self, one: Told) -> None:
        self._log.tell(one.topic, one.to, one.message)

    def _who(self) -> str:
        return self._chance.choice(BROWSERS)

    def _lead(self) -> str:
        return NAMING.lead_of_email(self._chance.choice(EMAILS))

    def _at(self) -> int:
        """An event's own time: unique in milliseconds, so that ids of events differ."""
        return self._now() - self._chance.choice(LATE_MS) + self._number % 1_000
