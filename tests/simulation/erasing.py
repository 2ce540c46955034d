"""Lives in which people are erased: what else happens in them, and the law that nothing goes on to name the person."""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, Final

from schemas.activity import Version
from schemas.crm import ContactFields, ContactRecord, DealFields, DealLink, DealPatch
from schemas.ids import news_recipient_of
from schemas.posts import LeadNews
from schemas.touches import EraseOrder
from streams.core.lead.row import Lead
from streams.core.recipient.row import Recipient
from streams.core.rows import ROWS
from streams.core.rules import Rules, load_rules
from tests.simulation.life import EMAILS, Life
from tests.simulation.log import Log
from tests.simulation.simulator import Simulation
from tests.unit.core.made import DAY, NAMING, files

__all__ = ["FOLLOWED", "ErasingLife", "ErasingSimulation", "what_still_names_them", "who_follows_them_still"]

CONTACTS: Final = {f"contact:crm:{number}": email for number, email in enumerate(dict.fromkeys(EMAILS), 1)}
AUDIENCES: Final = """
announce = ["lead.merged", "lead.stage_changed"]
[[audience]]
name = "warm"
label = "Warm"
when = { field = "score", op = "at_least", value = 12 }
[[audience]]
name = "known"
label = "Known"
when = { field = "trait.email", op = "known", value = true }
[[audience]]
name = "silent"
label = "Nobody is told"
announce = false
when = { field = "score", op = "at_most", value = 40 }
"""
FOLLOWED: Final[Rules] = load_rules(files() | {"audiences.toml": AUDIENCES}, naming=NAMING)


class ErasingLife(Life):
    """`erased`: addresses of those who asked to be forgotten."""

    afterwards = (2 * DAY, 40 * DAY)

    def __init__(self, *told: Any, **more: Any) -> None:
        super().__init__(*told, **more)
        self.erased: set[str] = set()
        happens: dict[Callable[[], None], int] = {
            self.a_person_is_erased: 3, self.a_crm_names_a_contact: 5, self.a_crm_links_a_contact: 4,
        }  # fmt: skip
        self._happens += list(happens)
        self._weights += list(happens.values())

    def a_person_is_erased(self) -> None:
        """At most half of them, so that others go on beside them."""
        email = self._chance.choice(EMAILS)
        if email in self.erased or len(self.erased) < len(CONTACTS) // 2:
            self.erased.add(email)
            lead_id = NAMING.lead_of_email(email)
            self._say("touches", EraseOrder(to=lead_id, lead_id=lead_id, at=self._now(), actor="Olga"))

    def a_crm_names_a_contact(self) -> None:
        at = self._now()
        contact, email = self._chance.choice(list(CONTACTS.items()))
        fields = ContactFields(email=email, first_name=email, last_name=self._chance.choice(("", "Kim")))
        self._say("signals", ContactRecord(to=contact, source="crm", reported_at=at, received_at=at, fields=fields))

    def a_crm_links_a_contact(self) -> None:
        at = self._now()
        link = DealLink(to=self._chance.choice(list(CONTACTS)), present=self._chance.random() < 0.8)
        self._say("signals", DealPatch(
            to=f"deal:crm:{self._chance.choice('12')}", source="crm", reported_at=at, received_at=at,
            fields=DealFields(status="lost"), links=(link,),
        ))  # fmt: skip


class ErasingSimulation(Simulation):
    """What a stopped worker has on its way arrives within a day: after that the end of a card is the last word."""

    lives_as = ErasingLife
    begins_with = FOLLOWED

    def time_passes(self) -> None:
        """Everything arrives before a day is over."""
        before = self.now
        super().time_passes()
        if self.now - before >= DAY:
            for zombie in self.zombies:
                for place in zombie.flying:
                    zombie.lands_unheard(place, most=1_000)


def what_still_names_them(life: Any, held: Mapping[str, Mapping[bytes, bytes]], log: Log) -> str:
    """The first row or newest card that holds an erased address, or is the card of one, "" for none."""
    told = (_naming(email, held, log) for email in sorted(getattr(life, "erased", ())))
    return next(filter(None, told), "")


def _naming(email: str, held: Mapping[str, Mapping[bytes, bytes]], log: Log) -> str:
    lead_id = NAMING.lead_of_email(email)
    row: Lead = ROWS["leads"].decode(held["leads"][lead_id.encode()])
    if row.erased is None:
        return f"the row of {email} does not know of it"
    news: Recipient = ROWS["recipients"].decode(held["recipients"][news_recipient_of(lead_id).encode()])
    if not news.erased or any(one.news is not None for one in news.news.values()):
        return f"news of {email} wait: {news}"
    rows = (f"{table} {key!r} names {email}: {ROWS[table].decode(raw)}" for table, some in held.items()
            for key, raw in some.items() if email.encode() in raw)  # fmt: skip
    cards = (f"card {topic} {key!r} names {email}: {last!r}" for topic in ("leads", "accounts", "alerts")
             for key, last in {one.key: one.value for one in log.all(topic)}.items()
             if last is not None and (key == lead_id.encode() or email.encode() in last))  # fmt: skip
    return next(chain(rows, cards), "")


def who_follows_them_still(life: Any, news: Iterable[LeadNews]) -> str:
    """The first audience that an erased lead was announced to enter, and not to leave; "" for none."""
    gone = {NAMING.lead_of_email(email) for email in getattr(life, "erased", ())}
    newest: dict[tuple[str, str], LeadNews] = {}
    for one in news:
        if one.lead_id in gone and one.audience:
            place, never = (one.lead_id, one.audience), Version(-1, 0)
            if place not in newest or (newest[place].version or never) < (one.version or never):
                newest[place] = one
    return next((f"{one.lead_id} left {name} untold" for (_, name), one in sorted(newest.items())
                 if one.kind == "audience.entered"), "")  # fmt: skip
