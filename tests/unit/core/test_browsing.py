"""The walk over a delivery's pages of nobody says of each what `routed` says, and leaves to it what is odd."""

from typing import Any

import pytest
from msgspec.json import encode

from schemas.codec import EVENT
from schemas.delivery import TypedDelivery
from schemas.events import AnyEvent
from streams.core.events.arrival import arrived
from streams.core.events.browsing import browsed
from streams.core.events.facts import Facts
from streams.core.events.site import routed
from tests.unit.core.made import NOW, RULES, page

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0.0.0"


def _delivery(*changes: dict[str, Any], **delivered: Any) -> TypedDelivery:
    events: list[AnyEvent] = [EVENT.decode(encode(page("/pricing", NOW - 5_000) | change)) for change in changes]
    return TypedDelivery(**{"received_at": NOW, "source": "site", "user_agent": AGENT} | delivered, events=events)


@pytest.mark.parametrize(
    ("change", "delivered"),
    [
        pytest.param({}, {}, id="as most are"),
        pytest.param({"timestamp": None, "originalTimestamp": NOW - 9_000}, {}, id="the other stamp"),
        pytest.param({}, {"sent_at": NOW - 2_000}, id="a clock that is behind"),
        pytest.param({"context": {"userAgent": AGENT}}, {}, id="the delivery's user agent"),
        pytest.param({"context": None}, {"user_agent": None}, id="no user agent at all"),
        pytest.param({"anonymousId": 1234567890123456}, {}, id="a number as an id"),
        pytest.param({"properties": {"path": "/pricing"}}, {}, id="a path instead of a URL"),
        pytest.param({}, {"trust": "proven"}, id="a server key"),
    ],
)
def test_a_page_of_nobody_says_what_it_says_by_itself(change: dict[str, Any], delivered: dict[str, Any]) -> None:
    """In one walk, and one by one."""
    delivery = _delivery(change, {"messageId": "another-message-id"} | change, **delivered)
    arrival = arrived(delivery, RULES)
    assert browsed(delivery.events, arrival) == [routed(event, arrival) for event in delivery.events]


@pytest.mark.parametrize(
    ("change", "delivered"),
    [
        pytest.param({"userId": "ann"}, {}, id="somebody"),
        pytest.param({"type": "screen"}, {}, id="no page"),
        pytest.param({"anonymousId": None}, {}, id="no id"),
        pytest.param({"anonymousId": "undefined"}, {}, id="an id that is none"),
        pytest.param({"messageId": None}, {}, id="no message id"),
        pytest.param({"messageId": 12}, {}, id="a number as message id"),
        pytest.param({"messageId": "00000000-0000-0000-0000-000000000000"}, {}, id="a message id of nothing"),
        pytest.param({"timestamp": "tomorrow"}, {}, id="no time"),
        pytest.param({"timestamp": NOW + 1}, {}, id="after it was received"),
        pytest.param({"timestamp": NOW - 9 * 86_400_000}, {}, id="too long ago"),
        pytest.param({"sentAt": NOW}, {}, id="a time of sending of its own"),
        pytest.param({"context": {"userAgent": "Googlebot/2.1"}}, {}, id="another user agent"),
        pytest.param({"context": {"userAgent": "curl/8"}}, {"user_agent": "curl/8"}, id="a machine's user agent"),
        pytest.param({}, {"user_agent": "Googlebot/2.1"}, id="posted by a machine"),
        pytest.param({"properties": {"url": "/" + "x" * 600}}, {}, id="an address too long to remember"),
    ],
)
def test_what_is_odd_is_left_to_others(change: dict[str, Any], delivered: dict[str, Any]) -> None:
    """And its neighbours are not."""
    delivery = _delivery({"context": {"userAgent": AGENT}}, change, **delivered)
    assert browsed(delivery.events, arrived(delivery, RULES))[1] is None


@pytest.mark.parametrize(
    ("change", "only_pages"),
    [
        pytest.param({}, True, id="a page of nobody"),
        pytest.param({"userId": "ann"}, False, id="a page of somebody"),
        pytest.param({"type": "identify", "traits": {"plan": "team"}}, False, id="a trait"),
        pytest.param({"type": "track", "event": "Form Submitted", "properties": {"form": "demo"}}, False, id="asked"),
    ],
)
def test_facts_say_whether_they_hold_more_than_pages(change: dict[str, Any], only_pages: bool) -> None:
    """So that a fold need not ask for the rest."""
    delivery = _delivery(change)
    found = routed(delivery.events[0], arrived(delivery, RULES))
    assert isinstance(found, Facts)
    assert found.only_pages is only_pages
    more = (found.claims, found.links, found.orders, found.milestones, found.said, found.confirmation, found.network)
    assert any(more) is not only_pages
