"""Export and erasing of a person: by whom, with what proof, and what leaves the console."""

from pathlib import Path

import pytest

from schemas.touches import EraseOrder
from streams.console.access.audit import entries
from streams.console.access.roles import Role
from streams.inbox import MemoryDoor
from tests.unit.console.samples import LEAD_ID, Samples
from tests.unit.console.visitor import Visitor, signed_in

ERASE = f"/leads/{LEAD_ID}/erase"
EXPORT = f"/leads/{LEAD_ID}/export.json"


def form(csrf: str, samples: Samples, **more: str) -> dict[str, str]:
    return {"csrf": csrf, "proof": "mail", "typed": samples.lead().email.upper() + " ", **more}


def test_a_leader_who_types_the_address_sends_one_order(
    visitor: Visitor, filled: Samples, door: MemoryDoor, audit_log: Path
) -> None:
    csrf = signed_in(visitor, "leader")
    answer = visitor.post(ERASE, data=form(csrf, filled))
    assert answer.status_code == 200
    [order] = door.messages
    assert isinstance(order, EraseOrder)
    assert (order.to, order.lead_id, order.actor) == (LEAD_ID, LEAD_ID, "Ines Duarte")
    assert [(one.what, one.id) for one in entries(audit_log)] == [
        ("erase lead, proof: mail", LEAD_ID), ("erase lead", LEAD_ID),
    ]  # fmt: skip
    assert filled.lead().email not in audit_log.read_text() + answer.text


@pytest.mark.parametrize("wrong", [{"proof": ""}, {"proof": "because"}, {"typed": "somebody@else.example"}])
def test_without_proof_or_the_right_address_nothing_is_sent(
    visitor: Visitor, filled: Samples, door: MemoryDoor, wrong: dict[str, str]
) -> None:
    csrf = signed_in(visitor, "operator")
    answer = visitor.post(ERASE, data=form(csrf, filled, **wrong))
    assert (answer.status_code, door.messages) == (422, [])


def test_row_48_nobody_erases_or_exports_without_proof_of_who_asks(
    visitor: Visitor, filled: Samples, door: MemoryDoor
) -> None:
    """Without a session, with too small a role, and without a word on how the person proved who they are."""
    visitor.cookies.clear()
    assert visitor.get(f"{EXPORT}?proof=mail").headers["location"].startswith("/login")
    assert visitor.post(ERASE, data=form("", filled)).status_code in {303, 401, 403}
    small: tuple[Role, ...] = ("viewer", "rep")
    for role in small:
        csrf = signed_in(visitor, role)
        assert visitor.get(f"{EXPORT}?proof=mail").status_code == 403
        assert visitor.post(ERASE, data=form(csrf, filled)).status_code == 403
    signed_in(visitor, "leader")
    for asked in (EXPORT, f"{EXPORT}?proof=trust+me"):
        answer = visitor.get(asked)
        assert (answer.status_code, "attachment" in answer.headers.get("content-disposition", "")) == (422, False)
    assert door.messages == []


def test_the_export_is_all_that_the_cards_say_and_nobody_else(
    visitor: Visitor, filled: Samples, audit_log: Path
) -> None:
    signed_in(visitor, "leader")
    answer = visitor.get(f"{EXPORT}?proof=document")
    told = answer.json()
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    assert told["person"]["email"] == filled.lead().email
    assert told["person"]["traits"] == dict(filled.lead().traits)
    assert len(told["person"]["pages"]) == len(filled.lead().pages)
    assert told["person"]["known_at"].endswith("Z") or "T" in told["person"]["known_at"]
    assert told["at_their_company"]["account_id"] == filled.lead().account_id
    assert told["alerts_that_name_them"][0]["what_is_said_of_them"]["lead_id"] == LEAD_ID
    others = {one.email for one in filled.alert().people if one.lead_id != LEAD_ID and one.email}
    assert others, "the sample alert names nobody else: nothing is proved"
    assert not [one for one in others if one in answer.text]
    assert next(iter(entries(audit_log))).what == "export lead, proof: document"


def test_only_who_may_is_shown_the_way_there(visitor: Visitor, filled: Samples) -> None:
    ways = {}
    roles: tuple[Role, ...] = ("rep", "leader")
    for role in roles:
        signed_in(visitor, role)
        ways[role] = ERASE in visitor.get(f"/leads/{LEAD_ID}").text
    assert ways == {"rep": False, "leader": True}
    page = visitor.get(ERASE).text
    assert f"Type {filled.lead().email}" in page


def test_a_closed_door_says_that_nothing_was_sent(visitor: Visitor, filled: Samples, door: MemoryDoor) -> None:
    door.closed = True
    csrf = signed_in(visitor, "leader")
    assert visitor.post(ERASE, data=form(csrf, filled)).status_code == 503
