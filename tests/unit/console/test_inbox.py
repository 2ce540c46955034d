"""The inbox: whose alerts, in which part and order, how many on a page, until when, and what became of an act."""

import re
from itertools import pairwise

import pytest
from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertCard
from schemas.codec import encode
from schemas.deals import Owner
from schemas.ids import Naming
from streams.console.alerts.acts import UNDONE_BY
from streams.console.alerts.dues import Due, due_of
from streams.console.alerts.inbox import PAGE, asked_whose, closed_laid, laid, newest
from streams.console.alerts.seat import WHOSE, Seat, seat_of
from streams.console.paging import asked_page
from streams.core.routing import Routing
from streams.core.rulebook.routing_rules import Rep, RoutingRules
from streams.readmodel.alert_lines import AlertLine, LineStrength
from streams.readmodel.writer import Projection
from tests.unit.console.lead_samples import DAY, HOUR
from tests.unit.console.samples import ALERT_ID, Samples
from tests.unit.console.test_pages import said
from tests.unit.console.visitor import Visitor

NAMED = Naming(b"a secret of the inbox's tests")
REPS = (
    Rep(email="lea@ours.example", name="Lea Lang"),
    Rep(email="ines@ours.example", name="Ines Duarte", leader="lea@ours.example"),
    Rep(email="tom@ours.example", name="Tom Berg", leader="lea@ours.example"),
    Rep(email="far@ours.example", name="Far Away"),
)
ROUTING = Routing(RoutingRules(rep=REPS), NAMED, timezone="UTC")
NOBODY = Seat(names=frozenset({"zoe"}))


def owner(email: str) -> Owner:
    return Owner(NAMED.recipient_of(email), "", "")


def line(number: int = 0, *, strength: int = 9, **said: object) -> AlertLine:
    made = AlertLine(
        alert_id=f"al_{number:04d}", account_id="a.example", account_name="A", level="real_time", status="open",
        as_of=1_000, raised_at=1_000, real_time_at=1_000, strength=LineStrength(strength), fast_pass=False,
        recipient=None,
    )  # fmt: skip
    return replace(made, **said)


@pytest.mark.parametrize(
    ("name", "recipient", "claimed_by", "whose"),
    [
        pytest.param("Ines Duarte", "ines@ours.example", "", ["mine", "team", "all"], id="to me"),
        pytest.param("INES@ours.example", "ines@ours.example", "", ["mine", "team", "all"], id="signed in by address"),
        pytest.param("Ines Duarte", "far@ours.example", "Ines Duarte (Slack)", ["mine", "team", "all"], id="my claim"),
        pytest.param("Ines Duarte", "ines@ours.example", "Tom Berg", ["team", "all"], id="a mate took mine"),
        pytest.param("Ines Duarte", "tom@ours.example", "", ["team", "all"], id="to a mate"),
        pytest.param("Ines Duarte", "far@ours.example", "Tom Berg", ["team", "all"], id="a mate claimed"),
        pytest.param("Ines Duarte", "far@ours.example", "", ["all"], id="to another team"),
        pytest.param("Ines Duarte", None, "", ["team", "all"], id="to nobody in particular"),
        pytest.param("Lea Lang", "tom@ours.example", "", ["team", "all"], id="a leader's team is whom they lead"),
        pytest.param("Zoe", "tom@ours.example", "", ["all"], id="no rep"),
        pytest.param("Zoe", "tom@ours.example", "zoe", ["mine", "team", "all"], id="no rep, and claimed"),
    ],
)
def test_whose_an_alert_is(name: str, recipient: str | None, claimed_by: str, whose: list[str]) -> None:
    seat = seat_of(name, ROUTING)
    to = None if recipient is None else owner(recipient)
    assert [one for one in WHOSE if seat.has(one, recipient=to, claimed_by=claimed_by)] == whose


def test_nobody_is_called_by_an_empty_name() -> None:
    assert not seat_of("", ROUTING).has("mine", recipient=Owner("x", "", ""), claimed_by="")


def test_a_rep_sees_at_first_what_is_theirs_and_others_all() -> None:
    rep = seat_of("Tom Berg", ROUTING)
    assert rep.by == Owner(NAMED.recipient_of("tom@ours.example"), "Tom Berg", "tom@ours.example")
    assert [asked_whose(text, seat) for text in ("", "team", "all", "<x>") for seat in (rep, NOBODY)] == [
        "mine", "all", "team", "team", "all", "all", "mine", "all",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "page"), [("", 1), ("2", 2), ("0", 1), ("-3", 1), ("9" * 9, 1_000), ("9" * 99, 1), ("\u0662", 1)]
)
def test_a_page_that_is_no_number_is_the_first(text: str, page: int) -> None:
    assert asked_page(text) == page


def test_pages_show_each_alert_once_in_the_order_of_urgency() -> None:
    lines = [line(number, strength=number % 7, raised_at=number) for number in range(30)]
    lines += [line(100 + number, level="digest", strength=5) for number in range(25)]
    lines += [line(200, status="claimed", claimed_by="Tom"), line(201, status="snoozed")]
    pages = [laid(lines, seat=NOBODY, whose="all", page=number) for number in (1, 2, 3)]
    shown = [one for page in pages for one in page.ids]
    assert sorted(shown) == sorted(one.alert_id for one in lines)
    assert [len(page.ids) for page in pages] == [PAGE, PAGE, 17]
    assert [[(part.name, part.total) for part in page.parts] for page in pages] == [
        [("strong", 30)], [("strong", 30), ("first", 25)], [("first", 25), ("claimed", 1), ("snoozed", 1)],
    ]  # fmt: skip
    by_id = {one.alert_id: one for one in lines}
    strong = [by_id[one] for one in shown[:30]]
    assert all((-a.strength.strength, -a.raised_at) < (-b.strength.strength, -b.raised_at) for a, b in pairwise(strong))
    assert laid(lines, seat=NOBODY, whose="all", page=9).page == 3, "the last that there is"
    assert laid([], seat=NOBODY, whose="all", page=1).parts == ()


def test_who_asked_comes_first_and_whom_nobody_may_call_yet_last() -> None:
    asked = line(4, fast_pass=True, strength=4)
    lines = [line(1, strength=20, hold_until=9), line(2, strength=9), line(3, strength=12), asked]
    assert laid(lines, seat=NOBODY, whose="all", page=1).ids == ["al_0004", "al_0003", "al_0002", "al_0001"]


def test_what_is_claimed_comes_by_when_it_is_due() -> None:
    claims = [line(n, status="claimed", due_at=due, strength=n) for n, due in ((1, 900), (2, 300), (3, 300), (4, None))]
    assert laid(claims, seat=NOBODY, whose="all", page=1).ids == ["al_0004", "al_0003", "al_0002", "al_0001"]


def test_counts_are_of_all_pages() -> None:
    lines = [line(number, recipient=owner("tom@ours.example")) for number in range(50)] + [line(50), line(51)]
    found = laid(lines, seat=seat_of("Tom Berg", ROUTING), whose="mine", page=1)
    assert (dict(found.counts), found.total, found.pages) == ({"mine": 50, "team": 52, "all": 52}, 50, 3)


def test_closed_ones_come_newest_first() -> None:
    lines = [line(number, status="done", as_of=number) for number in range(25)]
    assert closed_laid(lines, page=2).ids == [f"al_{number:04d}" for number in (4, 3, 2, 1, 0)]


def test_news_are_unclaimed_strong_signs_the_latest_first() -> None:
    lines = [line(1, real_time_at=5), line(2, real_time_at=9), line(3, level="digest"), line(4, status="claimed"),
             line(5, recipient=owner("far@ours.example"))]  # fmt: skip
    found = newest(lines, seat=seat_of("Tom Berg", ROUTING), whose="team")
    assert [one.alert_id for one in found] == ["al_0002", "al_0001"]


def test_when_something_is_due(samples: Samples) -> None:
    _, bakery, held, _, claimed, closed, snoozed = samples.alerts()
    assert due_of(bakery) is None, "the digest tells of it, nobody waits"
    assert due_of(closed) is None
    assert claimed.claimed_at is not None
    assert due_of(claimed) == Due("outcome", claimed.claimed_at + 7 * DAY)
    assert due_of(snoozed) == Due("wakes", samples.now + 20 * DAY)
    assert due_of(samples.alert()) == Due("claim", samples.now + 3 * HOUR)
    assert due_of(held) == Due("claim", samples.now + 3 * HOUR), "claiming is what one can do inside a hold"
    waits = replace(held, status="claimed", due_at=samples.now + 37 * DAY)
    assert due_of(waits) == Due("outcome", samples.now + 37 * DAY, samples.now + 30 * DAY)


def write(projection: Projection, *alerts: AlertCard) -> None:
    projection.write(alerts=[(one.alert_id, encode(one)) for one in alerts])


def test_five_hundred_alerts_come_in_pages(rep: Visitor, projection: Projection, samples: Samples) -> None:
    one = samples.alert()
    write(projection, *(replace(one, alert_id=f"al_{number:04d}") for number in range(500)))
    page = rep.get("/?page=25").text
    assert len(re.findall(r"<article", page)) == PAGE
    assert "Page 25 of 25, 500 alerts" in said(page)
    assert "All 500" in said(page)
    assert 'rel="prev"' in page
    assert 'rel="next"' not in page
    assert len(page) < 400_000


def test_who_has_none_is_told_of_others(rep: Visitor, projection: Projection, samples: Samples) -> None:
    write(projection, samples.alert())
    text = said(rep.get("/?whose=mine").text)
    assert "you have claimed none. There is 1 of others." in text
    assert "Northwind" not in text


def test_closed_alerts_come_in_pages_too(rep: Visitor, projection: Projection, samples: Samples) -> None:
    shut = samples.alerts()[5]
    write(projection, *(replace(shut, alert_id=f"al_{number:04d}", as_of=number) for number in range(45)))
    page = rep.get("/closed?page=3").text
    assert re.findall(r'id="alert-(\w+)"', page) == [f"al_{number:04d}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"status": "claimed", "claimed_by": "Ines Duarte"}, "You have Northwind Robotics."),
        ({"status": "claimed", "claimed_by": "Tom Berg"}, "Tom Berg was faster and has Northwind Robotics."),
        ({"status": "snoozed"}, "Northwind Robotics is silent."),
        ({"status": "open"}, "Northwind Robotics is open: nobody has it."),
        ({"status": "dismissed", "closed_reason": "not_now"}, "Northwind Robotics is closed: Not now."),
    ],
)
def test_what_became_of_an_act_is_said(
    rep: Visitor, projection: Projection, samples: Samples, changed: dict[str, object], words: str
) -> None:
    write(projection, replace(samples.alert(), **changed))
    assert words in said(rep.get(f"/?did={ALERT_ID}").text)


def test_the_outcome_of_what_is_claimed_inside_a_hold_is_due_after_it(
    rep: Visitor, projection: Projection, samples: Samples
) -> None:
    held, day = samples.alerts()[2], r"\d+ \w+ \d{4}"
    write(projection, held)
    assert "claim due" in said(rep.get(f"/alerts/{held.alert_id}").text)
    claimed = replace(held, status="claimed", claimed_by="Ines Duarte", due_at=samples.now + 37 * DAY)
    write(projection, replace(claimed, version=Version(1, 0)))
    page = said(rep.get(f"/alerts/{held.alert_id}").text)
    assert re.search(rf"on hold until {day}, then outcome due in 1 month", page)
    became = said(rep.get(f"/?did={held.alert_id}").text)
    assert re.search(rf"You have Han River .*?\. No contact before {day}: nothing is due until then\.", became)


def test_after_a_while_or_for_an_alert_that_nobody_knows_nothing_is_said(
    rep: Visitor, projection: Projection, samples: Samples
) -> None:
    write(projection, replace(samples.alert(), as_of=samples.now - 11 * 60_000))
    assert 'id="did"' not in rep.get(f"/?did={ALERT_ID}").text
    assert 'id="did"' not in rep.get("/?did=<script>").text


@pytest.mark.parametrize(
    ("status", "who", "offered", "undone"),
    [
        ("claimed", "Ines Duarte", True, True), ("claimed", "Tom Berg", True, False), ("snoozed", "", True, True),
        ("claimed", "Ines Duarte", False, False), ("done", "Ines Duarte", True, False),
    ],
)  # fmt: skip
def test_undo_is_shown_where_the_card_offers_it(
    rep: Visitor, projection: Projection, samples: Samples, status: str, who: str, offered: bool, undone: bool
) -> None:
    verb = UNDONE_BY.get(status, "release")
    card = replace(samples.alert(), status=status, claimed_by=who, offers=(verb,) if offered else ())
    write(projection, card)
    strip = rep.get(f"/?did={ALERT_ID}").text.partition('id="did"')[2].partition("</aside>")[0]
    assert (f'action="/alerts/{ALERT_ID}/{verb}"' in strip) is undone
    assert ("Undo" in strip) is undone
