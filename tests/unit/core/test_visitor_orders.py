"""An operator says who a browser is not: whatever it claimed or will claim, and back again."""

from typing import Any

import pytest

from schemas.activity import Version
from schemas.touches import VisitorStanding
from streams.core.effects import Effects
from streams.core.events.facts import Facts, Ordered
from streams.core.visitor import fold as visitor
from streams.core.visitor.fold import Visitor
from tests.unit.core.made import ANN, BEN, DAY, HOUR, NAMING, NOW, RULES, engaged, facts, identify

U1 = NAMING.lead_of_user("u1")


class Browser:
    """One browser: what each lead last heard of it."""

    def __init__(self) -> None:
        self.row: Visitor | None = None
        self.heard: dict[str, VisitorStanding] = {}
        self.last = Effects()

    def hears(self, *said: Facts) -> "Browser":
        offset = 0 if self.row is None else self.row.version.offset + 1
        self.row, self.last = visitor.fold("v1", self.row, said, version=Version(0, offset), rules=RULES)
        self.heard |= {one.to: one for one in self.last.touches if isinstance(one, VisitorStanding)}
        return self

    def paths(self) -> dict[str, list[str]]:
        """What each lead that has a part in it knows of it."""
        return {
            lead_id: [page.path for page in one.activity.pages]
            for lead_id, one in self.heard.items() if one.activity is not None
        }  # fmt: skip

    def said(self, lead_id: str, name: str) -> str:
        done = self.heard[lead_id].activity
        return "" if done is None or name not in done.traits else done.traits[name].value


def order(lead_id: str, kind: Any = "deny", at: int = NOW) -> Facts:
    return Facts(to="v1", received_at=NOW, at=at, orders=(Ordered(lead_id, at, kind),))


ANN_CAME = facts(identify(NOW - 4 * HOUR, email="ann@acme.example", title="Director", name="Ann"))
BEN_CAME = facts(identify(NOW - 2 * HOUR, email="ben@acme.example"))
READ = [facts(engaged(path, NOW - hours * HOUR)) for path, hours in (("/a", 5), ("/b", 3), ("/c", 1))]


def test_what_a_denied_lead_did_goes_to_who_else_owned_it() -> None:
    browser = Browser().hears(*READ, ANN_CAME, BEN_CAME)
    assert browser.paths() == {ANN: ["/b", "/a"], BEN: ["/c"]}
    browser.hears(order(ANN))
    assert browser.paths() == {BEN: ["/c", "/b", "/a"]}
    assert browser.heard[ANN].activity is None


def test_what_a_denied_lead_said_of_itself_is_nobodys() -> None:
    """Ben does not get Ann's address, name or title; and Ann has them again when the order is taken back."""
    browser = Browser().hears(*READ, ANN_CAME, BEN_CAME).hears(order(ANN))
    assert browser.said(BEN, "email") == "ben@acme.example"
    assert (browser.said(BEN, "title"), browser.said(BEN, "name")) == ("", "")
    browser.hears(facts(identify(NOW - 60_000, email="ann@acme.example", title="Queen")))
    assert (browser.said(BEN, "email"), browser.said(BEN, "title")) == ("ben@acme.example", "")
    browser.hears(order(ANN, "allow", NOW + 1))
    assert browser.said(ANN, "title") == "Queen"
    assert browser.paths() == {ANN: ["/b", "/a"], BEN: ["/c"]}


def test_what_only_a_denied_lead_did_is_nobodys_and_whoever_is_named_next_has_it() -> None:
    browser = Browser().hears(*READ, ANN_CAME).hears(order(ANN))
    assert browser.paths() == {}
    assert browser.row is not None
    assert list(browser.row.by_lead) == [""]
    browser.hears(BEN_CAME)
    assert browser.paths() == {BEN: ["/c", "/b", "/a"]}
    assert browser.said(BEN, "title") == ""


def test_an_order_stands_for_what_is_claimed_later_too_until_it_is_taken_back() -> None:
    browser = Browser().hears(order(ANN, at=NOW - 30 * DAY)).hears(*READ, ANN_CAME)
    assert browser.paths() == {}
    browser.hears(order(ANN, "allow", NOW - 30 * DAY - 1))  # older: changes nothing
    assert browser.paths() == {}
    browser.hears(order(ANN, "allow", NOW - 20 * DAY))
    assert browser.paths() == {ANN: ["/c", "/b", "/a"]}
    browser.hears(order(ANN, "deny", NOW - 20 * DAY))  # of two of one time it is denied
    assert browser.paths() == {}


def test_a_user_id_that_speaks_of_a_denied_lead_counts_for_nothing_either() -> None:
    browser = Browser().hears(*READ, facts(identify(NOW - HOUR, user="u1", email="ann@acme.example")))
    browser.hears(facts(engaged("/d", NOW, who="v1") | {"userId": "u1"}))
    browser.hears(order(ANN))
    assert browser.paths() == {}
    assert browser.hears(order(ANN, "allow", NOW + 1)).hears(order(U1)).paths() == {ANN: ["/d", "/c", "/b", "/a"]}


def test_an_order_that_comes_again_is_said_again_and_one_that_says_nothing_new_is_not() -> None:
    browser = Browser().hears(*READ, ANN_CAME).hears(order(ANN))
    row = browser.row
    assert row is not None
    again = visitor.fold("v1", row, [order(ANN)], version=row.version, rules=RULES)
    newer = visitor.fold("v1", row, [order(ANN)], version=Version(9, 0), rules=RULES)
    assert again == (row, browser.last)
    assert newer == (row, Effects())


@pytest.mark.parametrize("most", [32])
def test_orders_are_bounded_and_those_that_deny_stay(most: int) -> None:
    browser = Browser().hears(order(ANN, at=1))
    for n in range(100):
        browser.hears(order(f"lead{n}", "allow" if n % 2 else "deny", at=NOW + n))
        browser.hears(order(f"lead{n}", "allow", at=NOW + n + 200))
    assert browser.row is not None
    assert len(browser.row.orders) == most
    assert Ordered(ANN, 1, "deny") in browser.row.orders
    assert browser.hears(ANN_CAME).paths() == {}
