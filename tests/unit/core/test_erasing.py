"""F25: a person is erased. Their row absorbs what comes, in any order; whoever knows of them leaves them out."""

from itertools import permutations
from typing import Any

import pytest

from schemas.activity import Version
from schemas.codec import encode
from schemas.crm import ContactFields, ContactRecord, ContactStanding, DealFields, DealLink, DealPatch
from schemas.deals import DealFacts, DealPerson, DealReport, DealStanding
from schemas.delivery import VisitorOrder
from schemas.posts import AlertUpdate, Post
from schemas.signals import AlertAction, LeadStanding, PersonErased
from schemas.touches import ContactKnown, Disposition, EraseOrder, MergeOrder, Tick, VisitorStanding
from streams.core.deal import contact
from streams.core.deal import fold as deal
from streams.core.events.facts import Facts, Ordered
from streams.core.lead import fold as lead
from streams.core.lead.row import Lead
from streams.core.recipient import fold as recipient
from streams.core.rows import ERASING, ROWS
from streams.core.visitor import fold as visitor
from tests.unit.core.made import (
    ANN,
    BEN,
    DAY,
    HOUR,
    MINUTE,
    NAMING,
    NOW,
    RULES,
    engaged,
    facts,
    identify,
    mailed,
    page,
)
from tests.unit.core.whole import CHANNELS, WholeCore

ANNS = "ann@acme.example"
DEAL = "deal:crm:1"
CONTACT = "contact:crm:7"


def order(lead_id: str = ANN, of: str = "", at: int = NOW) -> EraseOrder:
    return EraseOrder(to=lead_id, lead_id=of or lead_id, at=at, actor="Olga")


def all_bytes(core: WholeCore) -> bytes:
    """Every row as its changelog has it, and every newest card."""
    rows = [ROWS[table].encode(row) for table, held in core.rows.items() for row in held.values()]
    cards: list[Any] = [*core.leads.values(), *core.accounts.values(), *core.alerts.values()]
    return b"\0".join([*rows, *map(encode, cards)])


def lost_deal(*emails: str, at: int = NOW - 60 * DAY) -> DealReport:
    people = tuple(DealPerson(NAMING.lead_of_email(one), one, one) for one in emails)
    facts = DealFacts(deal_id=DEAL, status="lost", account_id="acme.example", account_name="Acme", reported_at=at,
                      lost_at=at, lost_reason="price", people=people)  # fmt: skip
    return DealReport(to=DEAL, received_at=at, deal=facts)


def came_back() -> WholeCore:
    """A lost deal's account is back: Ann and Ben read, an alert is raised and claimed."""
    core = WholeCore(RULES)
    core.hears("accounts", lost_deal(ANNS, "ben@acme.example"))
    core.hears("accounts", ContactRecord(
        to=CONTACT, source="crm", reported_at=NOW - 50 * DAY, received_at=NOW - 50 * DAY,
        fields=ContactFields(email=ANNS, first_name="Ann", last_name="Archer"),
    ))  # fmt: skip
    for hours, who, email in ((3, "v1", ANNS), (2, "v2", "ben@acme.example")):
        at = NOW - hours * HOUR
        core.event(identify(at, who=who, email=email, name=f"{email} by name"), at=at)
        for number, path in enumerate(("/pricing", "/compare/rival", "/security/sso")):
            core.event(page(path, at + number * MINUTE, who=who), at=at + number * MINUTE)
            core.event(engaged(path, at + number * MINUTE, who=who), at=at + (number + 1) * MINUTE)
    return core


def test_nothing_names_an_erased_person_and_the_books_stay() -> None:
    core = came_back()
    assert ANNS.encode() in all_bytes(core)
    assert any(one.lead_id == ANN for card in core.alerts.values() for one in card.people)
    moves = {key: move for key, move in core.moves.items() if key[0] == ANN}
    core.hears("leads", order())
    assert ANNS.encode() not in all_bytes(core)
    assert b"Archer" not in all_bytes(core)
    assert {key: move for key, move in core.moves.items() if key[0] == ANN} == moves != {}
    assert core.leads[BEN].email == "ben@acme.example"


def test_a_closed_alert_loses_the_person_and_keeps_the_rest() -> None:
    core = came_back()
    [alert] = core.alerts.values()
    core.hears("accounts", AlertAction(to="acme.example", alert_id=alert.alert_id, action="dismiss", reason="no",
                                       actor="Rita", at=NOW))  # fmt: skip
    [closed] = core.alerts.values()
    core.hears("leads", order())
    [after] = core.alerts.values()
    assert (closed.status, after.status, after.closed_at) == ("dismissed", "dismissed", closed.closed_at)
    assert after.version > closed.version
    assert [one.lead_id for one in after.people] == [BEN]
    assert [one.lead_id for one in after.deal.people] == [BEN]
    assert {one.hit_id for one in after.pages} <= {one.hit_id for one in core.leads[BEN].pages}


def test_a_post_that_waits_is_the_newer_alert() -> None:
    core = came_back()
    [alert] = core.alerts.values()
    post = Post(to="rep:1", post_id="po_1", level="digest", at=NOW, alert=alert)
    row, _ = recipient.fold("rep:1", None, [post], version=Version(0, 0), rules=RULES, channels=CHANNELS)
    core.hears("leads", order())
    [scrubbed] = core.alerts.values()
    news = AlertUpdate(to="rep:1", alert=scrubbed, scrubbed=True)
    row, _ = recipient.fold("rep:1", row, [news], version=Version(0, 1), rules=RULES, channels=CHANNELS)
    assert row.posts["po_1"].post is None or row.posts["po_1"].post.alert == scrubbed
    late, _ = recipient.fold("rep:1", row, [post], version=Version(0, 0), rules=RULES, channels=CHANNELS)
    assert ANNS.encode() not in ROWS["recipients"].encode(late)


def test_whatever_comes_later_is_folded_into_nothing() -> None:
    core = came_back()
    core.hears("leads", order())
    row = core.rows["leads"][ANN]
    core.event(page("/pricing", NOW + MINUTE), at=NOW + MINUTE)
    core.event(identify(NOW + 2 * MINUTE, who="v3", email=ANNS, name="Ann Archer"), at=NOW + 2 * MINUTE)
    core.event(page("/product", NOW + 3 * MINUTE, who="v3"), at=NOW + 3 * MINUTE)
    core.hears("accounts", lost_deal(ANNS, at=NOW + 4 * MINUTE))
    core.hears("accounts", ContactRecord(to="contact:crm:8", source="crm", reported_at=NOW, received_at=NOW,
                                         fields=ContactFields(email=ANNS, last_name="Archer")))  # fmt: skip
    core.hears("accounts", DealPatch(to=DEAL, source="crm", reported_at=NOW, received_at=NOW, fields=DealFields(),
                                     links=(DealLink(to="contact:crm:8", present=True),)))  # fmt: skip
    core.hears("leads", mailed("clicked", NOW + 5 * MINUTE))
    core.hears("leads", Disposition(to=ANN, milestone_id="m", kind="booked", reason="", at=NOW, actor="Rita"))
    assert core.rows["leads"][ANN] == row
    assert ANN not in core.leads
    assert b"Archer" not in all_bytes(core)
    assert ANNS.encode() not in all_bytes(core)


MESSAGES = (
    VisitorStanding(to=ANN, visitor_id="v1", version=Version(0, 3), as_of=NOW, known_at=NOW, trust="claimed",
                    activity=visitor.fold("v1", None, [facts(identify(NOW, email=ANNS))], version=Version(0, 3),
                                          rules=RULES).row.by_lead[ANN]),
    DealStanding(to=ANN, deal_id=DEAL, version=Version(0, 4), as_of=NOW, deal=lost_deal(ANNS).deal),
    MergeOrder(to=ANN, into=BEN, at=NOW, actor="Olga"),
    ContactKnown(to=ANN, contact=CONTACT, at=NOW),
    order(),
)  # fmt: skip


@pytest.mark.parametrize("seq", list(permutations(range(len(MESSAGES))))[::7], ids=str)
def test_erased_absorbs_in_any_order_and_all_who_spoke_are_told(seq: tuple[int, ...]) -> None:
    row: Lead | None = None
    told: set[str] = set()
    for offset, number in enumerate(seq):
        row, said = lead.fold(ANN, row, [MESSAGES[number]], version=Version(0, offset), rules=RULES)
        told |= {one.to for one in said.orders} | {one.to for one in said.signals if isinstance(one, PersonErased)}
    assert row is not None
    assert row.erased is not None
    assert (row.sources, row.deals, row.order, row.contacts, row.mail.clicks) == ({}, {}, None, {}, ())
    assert {"v1", DEAL, CONTACT} <= told
    assert ROWS["leads"].encode(row)[0] == ERASING
    assert ANNS.encode() not in ROWS["leads"].encode(row)


def test_what_comes_again_is_said_again_and_changes_nothing() -> None:
    """A crash before the commit: the order, and what lies behind it."""
    first, said = lead.fold(ANN, None, MESSAGES, version=Version(0, 5), rules=RULES)
    again, once_more = lead.fold(ANN, first, MESSAGES, version=Version(0, 5), rules=RULES)
    assert again == first
    assert set(map(encode, said.signals)) <= set(map(encode, once_more.signals))
    assert set(said.orders) == set(once_more.orders)
    assert said.erased == once_more.erased == (ANN,)


def test_a_day_later_all_is_said_again_and_after_four_weeks_nobody_is_remembered() -> None:
    row, first = lead.fold(ANN, None, MESSAGES, version=Version(0, 5), rules=RULES)
    assert row.wake_at is not None
    assert row.wake_at - row.as_of == DAY
    row, again = lead.fold(ANN, row, [Tick(to=ANN, at=row.wake_at)], version=Version(0, 6), rules=RULES)
    assert (again.erased, again.orders) == ((ANN,), first.orders)
    assert row.wake_at is not None
    row, last = lead.fold(ANN, row, [Tick(to=ANN, at=row.wake_at)], version=Version(0, 7), rules=RULES)
    assert row.wake_at is None
    assert row.erased is not None
    assert (row.erased.visitors, row.erased.deals, row.told) == ((), (), {})
    assert last.erased == (ANN,)
    row, late = lead.fold(ANN, row, MESSAGES[:1], version=Version(0, 8), rules=RULES)
    assert [one.to for one in late.orders] == ["v1"]


def test_a_shared_browser_keeps_what_others_did() -> None:
    read = [facts(engaged(path, NOW - hours * HOUR)) for path, hours in (("/a", 5), ("/b", 3), ("/c", 1))]
    ann = facts(identify(NOW - 4 * HOUR, email=ANNS, title="Director"))
    ben = facts(identify(NOW - 2 * HOUR, email="ben@acme.example"))
    erase = Facts(to="v1", received_at=NOW, at=NOW, orders=(Ordered(ANN, NOW, "erase"),))
    row, _ = visitor.fold("v1", None, [*read, ann, ben], version=Version(0, 0), rules=RULES)
    row, said = visitor.fold("v1", row, [erase], version=Version(0, 1), rules=RULES)
    assert {who: [one.path for one in done.pages] for who, done in row.by_lead.items()} == {BEN: ["/c"]}
    assert {one.to: one.activity is None for one in said.touches if isinstance(one, VisitorStanding)} == {
        ANN: True, BEN: False,
    }  # fmt: skip
    later = [facts(identify(NOW + 1, email=ANNS)), facts(engaged("/d", NOW + 2)), ben]
    row, said = visitor.fold("v1", row, later, version=Version(0, 2), rules=RULES)
    assert [one.path for done in row.by_lead.values() for one in done.pages] == ["/c"]
    assert said.passed_over == 2
    assert ANNS.encode() not in ROWS["visitors"].encode(row)


def test_what_a_denied_browser_heard_of_her_goes_too() -> None:
    """It never stood for her; it is told all the same."""
    core = WholeCore(RULES)
    core.order(VisitorOrder(to="v1", kind="deny", lead_id=ANN, at=NOW, actor="Olga"))
    core.event(identify(NOW + 1, email=ANNS, name="Ann Archer"), at=NOW + 1)
    assert b"Archer" in all_bytes(core)
    core.hears("leads", order(at=NOW + 2))
    assert b"Archer" not in all_bytes(core)


def test_a_lead_that_is_only_her_goes_with_her_and_one_of_several_people_stays() -> None:
    user = NAMING.lead_of_user("u1")
    core = WholeCore(RULES)
    core.event(identify(NOW - DAY, user="u1", name="Ann Archer"), at=NOW - DAY)
    core.event(identify(NOW - HOUR, user="u1", email=ANNS, who="v2"), at=NOW - HOUR)
    core.hears("leads", order())
    assert core.rows["leads"][user].erased is not None
    assert b"Archer" not in all_bytes(core)
    other = WholeCore(RULES)
    for at, email in ((NOW - DAY, ANNS), (NOW - HOUR, "ben@acme.example")):
        other.event(identify(at, user="u1", email=email, who=f"v{at}"), at=at)
    other.event(page("/pricing", NOW - MINUTE, who="v9", userId="u1"), at=NOW - MINUTE)
    other.hears("leads", order())
    assert other.rows["leads"][user].erased is None


def test_a_contact_says_nothing_more_and_another_address_is_another_person() -> None:
    def record(at: int, **fields: Any) -> ContactRecord:
        return ContactRecord(to=CONTACT, source="crm", reported_at=at, received_at=at, fields=ContactFields(**fields))

    told = [record(10, email=ANNS, first_name="Ann"), record(12, last_name="Archer")]
    row, said = contact.fold(CONTACT, None, told, version=Version(0, 0), rules=RULES)
    assert [(one.to, one.contact) for one in said.touches if isinstance(one, ContactKnown)] == [(ANN, CONTACT)]
    row, _ = contact.fold(CONTACT, row, [PersonErased(to=CONTACT, lead_id=ANN)], version=Version(0, 1), rules=RULES)
    for offset, again in enumerate((*told, record(20, last_name="Archer-Smith")), 2):
        row, said = contact.fold(CONTACT, row, [again], version=Version(0, offset), rules=RULES)
    assert (row.fields.email, row.fields.first_name, row.fields.last_name) == (None, "", "")
    assert said.touches == ()
    row, _ = contact.fold(CONTACT, row, [record(30, email="ben@acme.example", last_name="Baker")],
                          version=Version(0, 9), rules=RULES)  # fmt: skip
    assert (row.fields.email, row.fields.first_name, row.fields.last_name) == ("ben@acme.example", "", "Baker")


def test_a_deal_leaves_her_out_of_whatever_the_crm_says() -> None:
    erased = PersonErased(to=DEAL, lead_id=ANN)
    standing = ContactStanding(to=DEAL, contact=CONTACT, version=Version(0, 2), as_of=NOW,
                               person=DealPerson(ANN, ANNS, "Ann Archer"))  # fmt: skip
    person = DealPatch(to=DEAL, source="crm", reported_at=NOW, received_at=NOW,
                       fields=DealFields(person=DealPerson(ANN, ANNS, "Ann Archer")))  # fmt: skip
    told = (lost_deal(ANNS, "ben@acme.example"), standing, person, erased)
    rows = []
    for seq in permutations(told):
        row = None
        for offset, message in enumerate(seq):
            row, said = deal.fold(DEAL, row, [message], version=Version(0, offset), rules=RULES)
        assert row is not None
        assert b"ann@" not in ROWS["accounts"].encode(row)
        rows.append((row.deal, row.patched, row.erased))
        [to_account] = [one for one in said.signals if isinstance(one, DealStanding) and one.to == "acme.example"]
        assert to_account.deal is not None
        assert [one.lead_id for one in to_account.deal.people] == [BEN]
    assert all(one == rows[0] for one in rows)


def test_an_account_is_told_that_nobody_stands_there() -> None:
    core = came_back()
    row = core.rows["leads"][ANN]
    _, said = lead.fold(ANN, row, [order()], version=Version(0, row.version.offset + 1), rules=RULES)
    assert [(one.to, one.member) for one in said.signals if isinstance(one, LeadStanding)] == [("acme.example", None)]
