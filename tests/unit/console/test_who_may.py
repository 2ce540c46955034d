"""Every address, every role: who may see and do what, and what one is told who may not."""

import re
from typing import get_args

import pytest
from starlette.routing import Mount, Route

from streams.console.access.rights import RIGHTS, UNKNOWN, right_of
from streams.console.access.roles import ROLES, Role, may
from streams.inbox import MemoryDoor
from tests.unit.console.samples import ALERT_ID, LEAD_ID, Samples
from tests.unit.console.visitor import Visitor, signed_in

PARTS = {"alert_id": ALERT_ID, "action": "claim", "lead_id": LEAD_ID, "account_id:path": "northwind-robotics.example",
         "place": "0:0", "token": "none", "reader": "leaders", "channel": "mail", "threshold": "110"}  # fmt: skip
ADDRESSES = [*RIGHTS]
BRING_FILES = {"/rules/paste"}
ENDLESS = {"GET /live", "GET /debugger/live"}
LEAVES = {"POST /logout", "POST /me/sign-out-everywhere"}


def addresses(visitor: Visitor) -> set[str]:
    routes = [one for one in visitor.app.routes if isinstance(one, Route)]
    return {f"{method} {one.path}" for one in routes for method in (one.methods or ()) if method != "HEAD"}


def test_every_address_has_its_line_and_every_line_its_address(visitor: Visitor) -> None:
    assert addresses(visitor) == set(RIGHTS)
    assert [one.path for one in visitor.app.routes if not isinstance(one, Route)] == ["/api/v1", "/static"]
    assert all(isinstance(one, Route | Mount) for one in visitor.app.routes)


def test_an_address_without_a_line_needs_an_operator() -> None:
    assert (right_of("GET", "/new"), UNKNOWN.role) == (UNKNOWN, "operator")
    assert right_of("HEAD", "/leads") == RIGHTS["GET /leads"]


def test_the_roles_are_a_ladder() -> None:
    assert list(ROLES) == list(get_args(Role))
    assert [[may(one, other) for other in ROLES] for one in ROLES] == [
        [True, False, False, False], [True, True, False, False], [True, True, True, False], [True] * 4,
    ]  # fmt: skip


@pytest.mark.parametrize("address", sorted(set(ADDRESSES) - ENDLESS))
def test_every_role_at_every_address(visitor: Visitor, filled: Samples, address: str) -> None:
    for role in ROLES:
        may_or_is_told(visitor, address, role)


def may_or_is_told(visitor: Visitor, address: str, role: Role) -> None:
    """One person of each role: what ends the sessions of one ends none of another."""
    csrf = signed_in(visitor, role, name=f"Ines, {role}")
    method, path = address.split()
    url = re.sub(r"\{([\w:]+)\}", lambda found: PARTS[found[1]], path)
    files = [("files", ("", b""))] if url in BRING_FILES else None
    answer = visitor.get(url) if method == "GET" else visitor.post(
        url, data={"csrf": csrf, "kind": "dead_end", "reason": "staff", "name": "x", "password": "y", "role": "rep"},
        files=files,
    )  # fmt: skip
    needed = RIGHTS[address].role
    if "openid" in address:
        assert answer.status_code == 404  # this console has no provider
    elif address == "POST /slack/actions":
        assert (answer.status_code, "needs the role" in answer.text) == (403, False)  # Slack's signature lets in
    elif may(role, needed):
        assert answer.status_code in {200, 301, 303, 401, 409, 422}, answer.text
        assert (answer.status_code == 401) == (address == "POST /login")
    else:
        assert answer.status_code == 403
        assert f"needs the role {needed}" in answer.text
        assert f"You are {role}" in answer.text


@pytest.mark.parametrize("role", ["viewer", "rep", "leader"])
@pytest.mark.parametrize("path", ["/live", "/debugger/live"])
def test_live_events_need_an_operator_and_changes_do_not(visitor: Visitor, role: Role, path: str) -> None:
    """Streams do not end, so only the refusal is asked for."""
    signed_in(visitor, role)
    assert RIGHTS[f"GET {path}"].role == ("viewer" if path == "/live" else "operator")
    if path != "/live":
        assert visitor.get(path, headers={"accept": "text/event-stream"}).status_code == 403


@pytest.mark.parametrize(
    ("role", "named"),
    [("viewer", ["Inbox", "Leads", "Accounts", "Supply"]), ("rep", ["Inbox", "Leads", "Accounts", "Supply"]),
     ("operator", ["Inbox", "Leads", "Accounts", "Supply", "Live events", "Rejected", "Users"])],
)  # fmt: skip
def test_the_navigation_names_what_one_may_see(
    visitor: Visitor, filled: Samples, role: Role, named: list[str]
) -> None:
    signed_in(visitor, role)
    navigation = visitor.get("/").text.partition("<nav")[2].partition("</nav>")[0]
    targets = {"/": "Inbox", "/leads": "Leads", "/accounts": "Accounts", "/debugger": "Live events",
               "/rejected": "Rejected", "/supply": "Supply", "/users": "Users"}  # fmt: skip
    assert [targets[one] for one in re.findall(r'href="([^"]+)"', navigation) if one in targets] == named


def test_a_viewer_is_offered_nothing_that_is_refused(visitor: Visitor, filled: Samples) -> None:
    for role, wanted in (("viewer", False), ("rep", True)):
        signed_in(visitor, role)  # type: ignore[arg-type]
        assert (f'action="/alerts/{ALERT_ID}/claim"' in visitor.get("/").text) is wanted
        assert ("/disposition" in visitor.get(f"/leads/{LEAD_ID}").text) is wanted


def test_what_is_refused_is_not_done(visitor: Visitor, filled: Samples, door: MemoryDoor) -> None:
    csrf = signed_in(visitor, "viewer")
    assert visitor.post(f"/alerts/{ALERT_ID}/claim", data={"csrf": csrf}).status_code == 403
    assert door.messages == []


def test_a_session_that_was_signed_out_is_over_for_whoever_kept_its_cookie(visitor: Visitor, filled: Samples) -> None:
    csrf = signed_in(visitor, "rep")
    kept = dict(visitor.cookies)
    visitor.post("/logout", data={"csrf": csrf})
    visitor.cookies.update(kept)
    assert visitor.get("/leads").status_code == 303
