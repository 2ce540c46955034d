"""Pages that confirm a click in a mail: whose click it was is in their address, and nothing else is believed of it."""

from typing import Any

import pytest

from schemas.activity import Version
from schemas.touches import Confirmation
from streams.core.events.click_ids import click_id_in, lead_of_click
from streams.core.visitor import fold as visitor
from tests.unit.core.made import ANN, NOW, RULES, engaged, facts, page, visited

ID = f"{ANN}.spring-26_A"
REST = "x" * 64


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (f"https://acme.example/?ls_click={ID}", ID),
        (f"/pricing?a=1&ls_click={ID}&b=2", ID),
        (f"/pricing?ls_click={ID}#top", ID),
        (f"/?ls_click={ANN}.{REST}", f"{ANN}.{REST}"),
        (f"/?ls_click={ANN}.{REST}x", ""),
        (f"/?ls_click={ANN}.", ""),
        (f"/?ls_click={ANN}", ""),
        (f"/?ls_click={ANN[1:]}.1", ""),
        (f"/?ls_click=0{ANN}.1", ""),
        (f"/?ls_click={ANN.upper()}.1", ""),
        (f"/?ls_click={ANN}.a.b", ""),
        (f"/?ls_click={ANN}.a%20b", ""),
        (f"/?xls_click={ID}", ""),
        (f"/ls_click={ID}", ""),
        (f"/#?ls_click={ID}", ""),
        ("/?ls_click=", ""),
        (f"/?ls_click=no&ls_click={ID}", ID),
    ],
)
def test_an_id_is_read_strictly(url: str, found: str) -> None:
    assert click_id_in(url) == found


def test_the_lead_is_in_the_id() -> None:
    assert lead_of_click(ID) == ANN


def looked(path: str = f"/pricing?ls_click={ID}", **more: Any) -> dict[str, Any]:
    return engaged(path, NOW, **more)


@pytest.mark.parametrize(
    ("event", "confirms"),
    [
        (looked(dwell_ms=5_000, touched=1), True),
        (looked(dwell_ms=4_999, touched=1), False),
        (looked(dwell_ms=5_000, touched=0), False),
        (looked("/pricing?ls_click=nobody.1"), False),
        (looked("/pricing"), False),
        (page(f"/pricing?ls_click={ID}", NOW), False),  # a bare view proves nothing
    ],
)
def test_a_page_that_somebody_looked_at_confirms_the_click(event: dict[str, Any], confirms: bool) -> None:
    assert (facts(event).confirmation is not None) == confirms


def test_the_confirmation_goes_to_the_lead_of_the_click_each_time_and_leaves_nothing_here() -> None:
    said = facts(looked(dwell_ms=9_000, touched=3))
    expected = Confirmation(to=ANN, click_id=ID, visitor_id="v1", at=NOW, dwell_ms=9_000, interactions=3)
    row, effects = visited([said])
    assert effects.touches == (expected,)
    assert row.claims == ()  # the address says nothing about who this is
    again = visitor.fold("v1", row, [said], version=Version(0, 9), rules=RULES)
    assert (again.row, again.effects.touches) == (row, (expected,))


def test_a_known_visitor_sends_its_standing_and_the_confirmation() -> None:
    known = facts({"type": "identify", "anonymousId": "v1", "messageId": "i", "timestamp": NOW,
                   "traits": {"email": "ben@acme.example"}})  # fmt: skip
    _, effects = visited([known, facts(looked())])
    assert [type(one).__name__ for one in effects.touches] == ["VisitorStanding", "Confirmation"]
