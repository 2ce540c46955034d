"""Who may see the console, and how one gets in."""

import pytest

from streams.console.access.auth import Auth
from streams.console.access.throttle import MOST, Throttle
from streams.console.app import one_time_link
from tests.unit.console.conftest import PASSWORD, SECRET
from tests.unit.console.visitor import Visitor


@pytest.mark.parametrize(
    "path",
    ["/", "/closed", "/leads", "/leads/x", "/accounts", "/accounts/a.example", "/rejected", "/debugger",
     "/alerts/x"],
)
def test_a_stranger_is_sent_to_sign_in_and_comes_back(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2F")


def test_a_strangers_stream_and_action_are_refused(visitor: Visitor) -> None:
    assert visitor.get("/live?watch=alert", headers={"accept": "text/event-stream"}).status_code == 401
    assert visitor.post("/alerts/x/claim").status_code == 401


def test_a_link_signs_in_once(visitor: Visitor) -> None:
    link = one_time_link(SECRET, "http://testserver", name="Ines Duarte")
    first = visitor.get(link)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"].lower()
    assert all(one in cookie for one in ("httponly", "samesite=strict", "path=/"))
    assert "Ines Duarte" in visitor.get("/").text
    visitor.cookies.clear()
    assert visitor.get(link).status_code == 401


def test_a_forged_link_does_not(visitor: Visitor) -> None:
    assert visitor.get(one_time_link("another secret entirely", "http://testserver")).status_code == 401
    assert visitor.get(one_time_link(SECRET, "http://testserver") + "x").status_code == 401


def test_the_password_signs_in_and_leads_where_one_wanted_to_go(visitor: Visitor) -> None:
    answer = visitor.post("/login", data={"name": "Ines", "password": PASSWORD, "next": "/leads?x=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/leads?x=1")
    assert visitor.get("/leads").status_code == 200


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nb"]
)
def test_signing_in_never_leads_to_another_host(visitor: Visitor, target: str) -> None:
    answer = visitor.post("/login", data={"name": "Ines", "password": PASSWORD, "next": target})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_wrong_passwords_are_slowed_down(visitor: Visitor) -> None:
    tries = [visitor.post("/login", data={"name": "Ines", "password": "ähm"}).status_code for _ in range(MOST)]
    assert set(tries) == {401}
    late = visitor.post("/login", data={"name": "Ines", "password": PASSWORD})
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) > 0


def test_the_throttle_forgets_after_a_minute_and_knows_addresses_apart() -> None:
    throttle = Throttle()
    for n in range(MOST):
        throttle.failed("a", now=n)
    assert [throttle.wait_s("a", now=10), throttle.wait_s("b", now=10), throttle.wait_s("a", now=60_001)] == [60, 0, 0]


def test_signing_out_ends_it(rep: Visitor) -> None:
    csrf = rep.get("/").text.partition('name="csrf" value="')[2].partition('"')[0]
    assert rep.post("/logout", data={"csrf": csrf}).status_code == 303
    assert rep.get("/").status_code == 303


def test_an_altered_or_foreign_cookie_is_nobody() -> None:
    auth = Auth(SECRET, password=None, secure=False)
    value, session = auth.signed_in("Ines")
    assert auth.session(value) == session
    assert [
        auth.session(one)
        for one in (None, "", "x", value[:-1], Auth("other", password=None, secure=False).signed_in("E")[0])
    ] == [None] * 5


def test_a_token_is_of_one_session_only() -> None:
    auth = Auth(SECRET, password=None, secure=False)
    (_, mine), (_, theirs) = auth.signed_in("Ines"), auth.signed_in("Ines")
    assert auth.is_csrf(mine, auth.csrf(mine))
    assert not any(auth.is_csrf(mine, token) for token in (auth.csrf(theirs), "", "ü"))


def test_over_https_the_cookie_belongs_to_one_host_only() -> None:
    assert Auth(SECRET, password=None, secure=True).cookie.startswith("__Host-")
    assert Auth(SECRET, password=None, secure=False).shared("") is None
