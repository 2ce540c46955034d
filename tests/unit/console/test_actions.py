"""What people do becomes one message at the door, and nothing without a token of their session."""

import pytest
from msgspec.structs import replace
from starlette.routing import Route

from schemas.codec import encode
from schemas.deals import Owner
from schemas.signals import AlertAction
from schemas.touches import Disposition
from streams.console.app import PAGES, ConsoleOptions, make_app
from streams.console.shown import day
from streams.core.routing import Routing
from streams.core.rulebook.routing_rules import Rep, RoutingRules
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from tests.unit.console.conftest import SECRET
from tests.unit.console.lead_samples import DAY
from tests.unit.console.samples import ALERT_ID, LEAD_ID, OTHER_LEAD_ID, Samples
from tests.unit.console.sights import NAMING, RULES, sight
from tests.unit.console.visitor import Visitor, signed_in, visiting

HTMX = {"hx-request": "true"}
POSTS = [
    route.path for page in PAGES for route in page.ROUTES
    if isinstance(route, Route) and "POST" in (route.methods or ()) and not route.path.startswith("/login")
]  # fmt: skip


def csrf_of(client: Visitor) -> str:
    return client.get("/").text.partition('name="csrf" value="')[2].partition('"')[0]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("token", ["", "0" * 64])
def test_every_post_needs_the_sessions_token(
    rep: Visitor, filled: Samples, door: MemoryDoor, path: str, token: str
) -> None:
    address = path.format(alert_id=ALERT_ID, action="claim", lead_id=LEAD_ID, place="0:0", channel="mail",
                          threshold="110")  # fmt: skip
    data = {"csrf": token, "kind": "dead_end", "reason": "staff"}
    assert rep.post(address, data=data).status_code == 403
    assert door.messages == []


def test_another_sites_post_is_refused_although_it_has_the_token(
    rep: Visitor, filled: Samples, door: MemoryDoor
) -> None:
    answer = rep.post(
        f"/alerts/{ALERT_ID}/claim", data={"csrf": csrf_of(rep)}, headers={"sec-fetch-site": "cross-site"}
    )
    assert (answer.status_code, door.messages) == (403, [])


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("claim", {}),
        ("contacted", {"outcome": "talking"}),
        ("contacted", {"outcome": "no"}),
        ("snooze", {}),
        ("dismiss", {"reason": "job_seeker"}),
    ],
)
def test_an_action_goes_to_the_alerts_account_in_ones_own_name(
    rep: Visitor, filled: Samples, door: MemoryDoor, action: str, said: dict[str, str]
) -> None:
    answer = rep.post(f"/alerts/{ALERT_ID}/{action}", data={"csrf": csrf_of(rep), **said}, headers=HTMX)
    assert answer.status_code == 200
    assert f'id="alert-{ALERT_ID}"' in answer.text
    assert "<html" not in answer.text
    [message] = door.messages
    assert isinstance(message, AlertAction)
    assert (message.to, message.alert_id, message.action) == ("northwind-robotics.example", ALERT_ID, action)
    assert (message.reason, message.outcome) == (said.get("reason", ""), said.get("outcome", ""))
    assert (message.actor, message.until) == ("Ines Duarte", 0)
    assert abs(message.at - filled.now) < 60_000


@pytest.mark.parametrize(
    ("alert_id", "action", "said", "told"),
    [
        (ALERT_ID, "not_a_buyer", {"reason": "student", "lead_id": LEAD_ID}, ("student", LEAD_ID)),
        (ALERT_ID, "wrong_company", {"lead_id": LEAD_ID}, ("", LEAD_ID)),
        ("al_asked", "wrong_company", {}, ("", OTHER_LEAD_ID)),  # it shows one person
        (ALERT_ID, "reopen_deal", {}, ("", "")),
        (ALERT_ID, "claim", {"lead_id": LEAD_ID}, ("", "")),
    ],
)
def test_an_answer_about_somebody_names_them(
    rep: Visitor, filled: Samples, door: MemoryDoor, alert_id: str, action: str, said: dict[str, str],
    told: tuple[str, str],
) -> None:  # fmt: skip
    answer = rep.post(f"/alerts/{alert_id}/{action}", data={"csrf": csrf_of(rep), **said}, headers=HTMX)
    assert answer.status_code == 200, answer.text
    [message] = door.messages
    assert isinstance(message, AlertAction)
    assert (message.action, message.reason, message.lead_id) == (action, *told)


def test_an_alert_that_shows_nobody_may_be_of_the_wrong_company_and_names_no_buyer(
    rep: Visitor, projection: Projection, samples: Samples, door: MemoryDoor
) -> None:
    bare = replace(samples.alert(), people=())
    projection.write(alerts=[(bare.alert_id, encode(bare))])
    assert "/wrong_company" in (page := rep.get("/").text)
    assert "/not_a_buyer" not in page
    data = {"csrf": csrf_of(rep), "reason": "student"}
    assert rep.post(f"/alerts/{ALERT_ID}/not_a_buyer", data=data, headers=HTMX).status_code == 409
    assert rep.post(f"/alerts/{ALERT_ID}/wrong_company", data=data, headers=HTMX).status_code == 200
    assert [one.lead_id for one in door.messages if isinstance(one, AlertAction)] == [""]


def test_somebody_whom_the_alert_does_not_show_is_not_named(rep: Visitor, filled: Samples, door: MemoryDoor) -> None:
    data = {"csrf": csrf_of(rep), "lead_id": "f" * 32}
    answer = rep.post(f"/alerts/{ALERT_ID}/wrong_company", data=data, headers=HTMX)
    assert (answer.status_code, door.messages) == (409, [])


@pytest.mark.parametrize(
    ("days", "status"), [("7", 200), ("0", 409), ("366", 409), ("1e3", 409), ("-1", 409), ("\u0663", 409)]
)
def test_a_snooze_ends_after_the_days_that_were_chosen(
    rep: Visitor, filled: Samples, door: MemoryDoor, days: str, status: int
) -> None:
    answer = rep.post(f"/alerts/{ALERT_ID}/snooze", data={"csrf": csrf_of(rep), "days": days}, headers=HTMX)
    assert answer.status_code == status
    assert [one.until - one.at for one in door.messages if isinstance(one, AlertAction)] == [7 * DAY] * (status == 200)


def test_whoever_is_a_rep_is_named_as_one_so_that_the_second_can_be_told(
    valkey_url: str, prefix: str, filled: Samples, door: MemoryDoor
) -> None:
    routing = RoutingRules(rep=(Rep(email="ines@ours.example", name="Ines Duarte"),))
    rules = replace(RULES, routing=Routing(routing, NAMING, timezone="UTC"))
    reader, options = Reader.connect(valkey_url, prefix=prefix), ConsoleOptions(secret=SECRET)
    with visiting(make_app(reader, door, options, sight=sight(rules=rules))) as visitor:
        for name in ("Ines Duarte", "Zoe"):
            csrf = signed_in(visitor, "rep", name=name)
            assert visitor.post(f"/alerts/{ALERT_ID}/claim", data={"csrf": csrf}, headers=HTMX).status_code == 200
    said = [one.by for one in door.messages if isinstance(one, AlertAction)]
    assert said == [Owner(NAMING.recipient_of("ines@ours.example"), "Ines Duarte", "ines@ours.example"), None]


def test_without_scripts_one_comes_back_to_the_inbox(rep: Visitor, filled: Samples, door: MemoryDoor) -> None:
    answer = rep.post(f"/alerts/{ALERT_ID}/claim", data={"csrf": csrf_of(rep)})
    assert (answer.status_code, answer.headers["location"], len(door.messages)) == (303, f"/?did={ALERT_ID}", 1)


@pytest.mark.parametrize(
    ("alert_id", "action", "reason", "said"),
    [
        pytest.param("al_closed", "contacted", "", "This alert is closed.", id="closed"),
        pytest.param(ALERT_ID, "dismiss", "", "Please say why it is dismissed.", id="no reason"),
        pytest.param(ALERT_ID, "dismiss", "made up", "Please say why it is dismissed.", id="a reason of another form"),
        pytest.param("al_claimed", "claim", "", "You have this already.", id="mine already"),
        pytest.param(ALERT_ID, "contacted", "", "Please say whether you are talking.", id="no outcome"),
        pytest.param(ALERT_ID, "not_a_buyer", "made up", "Please say why they do not buy.", id="no such kind"),
        pytest.param(ALERT_ID, "not_a_buyer", "student", "Please say who it is about.", id="two people, none named"),
        pytest.param(ALERT_ID, "wrong_company", "", "Please say who it is about.", id="two people, none named here"),
    ],
)
def test_what_cannot_be_is_answered_at_once(
    rep: Visitor, filled: Samples, door: MemoryDoor, alert_id: str, action: str, reason: str, said: str
) -> None:  # fmt: skip
    answer = rep.post(f"/alerts/{alert_id}/{action}", data={"csrf": csrf_of(rep), "reason": reason}, headers=HTMX)
    assert (answer.status_code, door.messages) == (409, [])
    assert said in answer.text


def test_inside_a_hold_a_contact_is_refused_with_its_end(rep: Visitor, filled: Samples, door: MemoryDoor) -> None:
    """Ask A22."""
    data = {"csrf": csrf_of(rep), "outcome": "talking"}
    answer = rep.post("/alerts/al_held/contacted", data=data, headers=HTMX)
    assert (answer.status_code, door.messages) == (409, [])
    assert f"no contact before {day(filled.now + 30 * DAY)}, unless they ask" in answer.text


def test_what_a_card_does_not_offer_is_refused(
    rep: Visitor, projection: Projection, samples: Samples, door: MemoryDoor
) -> None:
    bare = replace(samples.alert(), offers=("dismiss",))
    projection.write(alerts=[(bare.alert_id, encode(bare))])
    data = {"csrf": csrf_of(rep), "reason": "not_now"}
    assert "does not offer that now" in rep.post(f"/alerts/{ALERT_ID}/claim", data=data, headers=HTMX).text
    assert door.messages == []
    assert rep.post(f"/alerts/{ALERT_ID}/dismiss", data=data, headers=HTMX).status_code == 200


def test_the_second_hears_who_was_faster(visitor: Visitor, filled: Samples, door: MemoryDoor) -> None:
    visitor.post("/login", data={"name": "Late Larry", "password": "open sesame"})
    answer = visitor.post("/alerts/al_claimed/claim", data={"csrf": csrf_of(visitor)}, headers=HTMX)
    assert (answer.status_code, door.messages) == (409, [])
    assert "Ines Duarte was faster" in answer.text


def test_a_closed_door_is_said_and_nothing_pretends(rep: Visitor, filled: Samples, door: MemoryDoor) -> None:
    door.closed = True
    answer = rep.post(f"/alerts/{ALERT_ID}/claim", data={"csrf": csrf_of(rep)}, headers=HTMX)
    assert answer.status_code == 503
    assert "did not get through" in answer.text
    assert "Claiming" not in answer.text


@pytest.mark.parametrize("alert_id", ["al_unknown", "../leads", "x" * 300])
def test_an_unknown_alert_is_404(rep: Visitor, filled: Samples, alert_id: str) -> None:
    assert rep.post(f"/alerts/{alert_id}/claim", data={"csrf": csrf_of(rep)}).status_code in {404, 405}


def test_a_lead_is_set_aside_with_its_reason(rep: Visitor, filled: Samples, door: MemoryDoor) -> None:
    data = {"csrf": csrf_of(rep), "kind": "dead_end", "reason": "competitor"}
    assert rep.post(f"/leads/{LEAD_ID}/disposition", data=data).status_code == 303
    [message] = door.messages
    assert isinstance(message, Disposition)
    assert (message.to, message.kind, message.reason, message.actor) == (
        LEAD_ID,
        "dead_end",
        "competitor",
        "Ines Duarte",
    )


@pytest.mark.parametrize(("kind", "reason"), [("won", "x"), ("dead_end", "because"), ("restored", " "), ("", "")])
def test_a_disposition_that_is_none_is_refused(
    rep: Visitor, filled: Samples, door: MemoryDoor, kind: str, reason: str
) -> None:
    data = {"csrf": csrf_of(rep), "kind": kind, "reason": reason}
    assert rep.post(f"/leads/{LEAD_ID}/disposition", data=data).status_code == 422
    assert door.messages == []


def test_a_huge_form_is_refused(rep: Visitor, filled: Samples) -> None:
    assert rep.post(f"/alerts/{ALERT_ID}/claim", data={"csrf": "x" * 20_000}).status_code == 413
    assert rep.post(f"/alerts/{ALERT_ID}/claim", data={f"f{n}": "" for n in range(50)}).status_code == 400
    assert rep.post(f"/alerts/{ALERT_ID}/claim", content=b"\xff\xfe=").status_code == 400
