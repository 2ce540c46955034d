"""`/api/v1`: what a person may ask of us. Neither without proof, a scope of its own and a line in the audit log."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from schemas.codec import encode
from schemas.touches import EraseOrder
from streams.console.access.audit import entries
from streams.console.app import ConsoleOptions, make_app
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import LEAD_ID, Samples
from tests.unit.console.sights import sight
from tests.unit.console.test_api import key_of, written
from tests.unit.console.visitor import Visitor, visiting

ERASE, EXPORT = f"/api/v1/leads/{LEAD_ID}/erase", f"/api/v1/leads/{LEAD_ID}/export"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def program(valkey_url: str, prefix: str, door: MemoryDoor, tmp_path: Path, log: Path) -> Iterator[Visitor]:
    written(tmp_path / "keys.json", key_of("erases", "people:erase"), key_of("exports", "people:export"))
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver", api_keys=tmp_path / "keys.json",
                             audit=log)  # fmt: skip
    with visiting(make_app(Reader.connect(valkey_url, prefix=prefix), door, options, sight=sight())) as somebody:
        yield somebody


def said(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def erase(program: Visitor, *, key: str = "erases", **body: Any) -> httpx.Response:
    return program.post(ERASE, json={"proof": "mail"} | body, headers=said(key))


def test_a_person_is_erased_as_all_that_they_are_and_it_is_written_down(
    program: Visitor, projection: Projection, samples: Samples, door: MemoryDoor, log: Path
) -> None:
    card = replace(samples.lead(), merged_into="le_other")
    projection.write(leads=[(LEAD_ID, encode(card))])
    answer = erase(program, actor=" Ines Duarte ")
    assert answer.status_code == 202
    assert answer.json()["lead_ids"] == [LEAD_ID, "le_other"]
    assert [(one.to, one.lead_id, one.actor) for one in door.messages if isinstance(one, EraseOrder)] == [
        (LEAD_ID, LEAD_ID, "Ines Duarte"), ("le_other", "le_other", "Ines Duarte"),
    ]  # fmt: skip
    (line,) = entries(log)
    assert (line.user, line.role, line.what, line.id) == ("Ada's script", "api", "erase lead, proof: mail", LEAD_ID)
    assert "Mara" not in log.read_text(encoding="utf-8")


def test_an_export_holds_what_is_known_and_is_written_down(program: Visitor, filled: Samples, log: Path) -> None:
    answer = program.get(EXPORT, params={"proof": "document"}, headers=said("exports"))
    assert answer.status_code == 200
    assert answer.json()["person"]["email"] == filled.lead().email
    (line,) = entries(log)
    assert line.what == "export lead, proof: document"


@pytest.mark.parametrize("proof", ["", "trust me"])
def test_without_proof_nothing_is_sent_and_nothing_leaves(
    program: Visitor, filled: Samples, door: MemoryDoor, log: Path, proof: str
) -> None:
    for answer in (erase(program, proof=proof), program.get(EXPORT, params={"proof": proof}, headers=said("exports"))):
        assert answer.status_code == 400
        assert "authority" in answer.json()["detail"]
    assert door.messages == []
    assert list(entries(log)) == []


def test_each_wants_its_own_scope(program: Visitor, filled: Samples, door: MemoryDoor) -> None:
    assert erase(program, key="exports").status_code == 403
    assert program.get(EXPORT, params={"proof": "mail"}, headers=said("erases")).status_code == 403
    assert door.messages == []


def test_what_cannot_be_written_down_is_not_done(
    program: Visitor, filled: Samples, door: MemoryDoor, log: Path
) -> None:
    log.unlink(missing_ok=True)
    log.mkdir()
    assert erase(program).json()["type"] == "urn:leadstream:problem:not-written"
    answer = program.get(EXPORT, params={"proof": "mail"}, headers=said("exports"))
    assert (answer.status_code, "person" in answer.json()) == (503, False)
    assert door.messages == []


def test_nobody_and_a_closed_door(program: Visitor, filled: Samples, door: MemoryDoor) -> None:
    nobody = program.post("/api/v1/leads/le_nobody/erase", json={"proof": "mail"}, headers=said("erases"))
    assert nobody.status_code == 404
    door.closed = True
    answer = erase(program)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:leadstream:problem:not-sent")
