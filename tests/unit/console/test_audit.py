"""The audit log: every look at a person and every act, without anybody's name but the one who looked."""

import gzip
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from streams.console.access.audit import AGAIN_MS, LIST_AGAIN_MS, Audit, AuditLine, entries
from tests.unit.console.conftest import PASSWORD
from tests.unit.console.samples import ALERT_ID, LEAD_ID, OTHER_LEAD_ID, Samples
from tests.unit.console.visitor import Visitor, signed_in

BOTH = tuple(sorted((LEAD_ID, OTHER_LEAD_ID)))
ACCOUNT = "northwind-robotics.example"


def line(at: int = 1, *, user: str = "Ines Duarte", id_: str = "x") -> AuditLine:
    return AuditLine(at=at, user=user, role="rep", what="lead", id=id_)


@pytest.mark.parametrize(
    ("path", "what", "id_", "leads"),
    [
        (f"/leads/{LEAD_ID}", "lead", LEAD_ID, ()),
        (f"/accounts/{ACCOUNT}", "account", ACCOUNT, BOTH),
        (f"/alerts/{ALERT_ID}", "alert", ALERT_ID, BOTH),
        ("/rejected/0:0", "rejected bytes", "0:0", ()),
        ("/rejected", "rejected", "", ()),
        ("/", "inbox", "", tuple(sorted((*BOTH, "a" * 32)))),
        ("/closed", "closed alerts", "", BOTH),
        ("/leads", "leads", "", (LEAD_ID,)),
        ("/accounts", "accounts", "", ()),
        ("/debugger", "live events", "", ()),
    ],
)
def test_a_look_is_written_down(
    visitor: Visitor, filled: Samples, audit_log: Path, path: str, what: str, id_: str, leads: tuple[str, ...]
) -> None:  # fmt: skip
    signed_in(visitor, "operator", name="Ines")
    assert visitor.get(path).status_code == 200
    [written] = entries(audit_log)
    assert (written.user, written.role, written.what, written.id, written.leads, written.answer) == (
        "Ines", "operator", what, id_, leads, 200,
    )  # fmt: skip
    assert abs(written.at - filled.now) < 60_000
    assert written.network == "127.0.0.0/24"


def test_no_name_or_address_of_who_was_seen_is_in_it(visitor: Visitor, filled: Samples, audit_log: Path) -> None:
    csrf = signed_in(visitor, "operator", name="Op")
    for path in ("/", "/leads", f"/leads/{LEAD_ID}", f"/accounts/{ACCOUNT}", f"/alerts/{ALERT_ID}", "/rejected/0:0"):
        visitor.get(path)
    visitor.post(f"/alerts/{ALERT_ID}/claim", data={"csrf": csrf})
    text = audit_log.read_text()
    assert len(text.splitlines()) == 7
    assert not [one for one in ("@", "Mara", "Tom", "Lindqvist", "Vega", "Kim", "127.0.0.1") if one in text]


def test_an_act_and_what_became_of_it(visitor: Visitor, filled: Samples, audit_log: Path) -> None:
    csrf = signed_in(visitor, "rep")
    for _ in range(2):
        visitor.post(f"/alerts/{ALERT_ID}/claim", data={"csrf": csrf})
    visitor.post("/alerts/al_closed/claim", data={"csrf": csrf})
    visitor.post(f"/leads/{LEAD_ID}/disposition", data={"csrf": csrf, "kind": "dead_end", "reason": "staff"})
    assert [(one.what, one.id, one.answer) for one in entries(audit_log)] == [
        ("act on alert", ALERT_ID, 303), ("act on alert", ALERT_ID, 303), ("act on alert", "al_closed", 409),
        ("dispose of lead", LEAD_ID, 303),
    ]  # fmt: skip


def test_who_came_who_failed_and_who_was_refused(visitor: Visitor, filled: Samples, audit_log: Path) -> None:
    visitor.post("/login", data={"name": "my password, by mistake", "password": "wrong"})
    visitor.post("/login", data={"name": "Ines", "password": PASSWORD})
    signed_in(visitor, "viewer", name="Vera")
    visitor.get("/rejected/0:0")
    assert [(one.what, one.user, one.answer) for one in entries(audit_log)] == [
        ("failed to sign in", "", 401), ("sign in", "Ines", 200), ("refused: rejected bytes", "Vera", 403),
    ]  # fmt: skip


def test_what_shows_nobody_is_not_written(visitor: Visitor, filled: Samples, audit_log: Path) -> None:
    signed_in(visitor, "viewer")
    for path in ("/me", "/healthz", "/login", "/leads/unknown"):
        visitor.get(path)
    assert list(entries(audit_log)) == []


def test_a_page_that_follows_is_one_look_a_minute(audit_log: Path) -> None:
    audit = Audit(audit_log)
    for at in (1_000_000, 1_000_001, 1_000_000 + AGAIN_MS):
        audit.look(line(at), session="mine")
    audit.look(line(1_000_001), session="theirs")
    audit.look(line(1_000_001, id_="y"), session="mine")
    audit.close()
    assert [one.at for one in entries(audit_log)] == [1_000_000, 1_060_000, 1_000_001, 1_000_001]


def test_a_list_names_those_who_are_new_in_it_for_an_hour(audit_log: Path) -> None:
    audit, start = Audit(audit_log), 10 * LIST_AGAIN_MS
    listed = replace(line(start, id_=""), what="inbox", leads=("a", "b"))
    audit.look(listed, session="mine")
    audit.look(replace(listed, at=start + 1), session="mine")
    audit.look(replace(listed, at=start + 2, leads=("a", "b", "c")), session="mine")
    audit.look(replace(listed, at=start + 2 + AGAIN_MS), session="mine")
    audit.look(replace(listed, at=start + LIST_AGAIN_MS), session="mine")
    audit.close()
    assert [(one.at - start, one.leads) for one in entries(audit_log)] == [
        (0, ("a", "b")), (2, ("c",)), (2 + AGAIN_MS, ()), (LIST_AGAIN_MS, ("a", "b")),
    ]  # fmt: skip


def test_nobody_is_shown_and_nothing_done_without_the_log(visitor: Visitor, filled: Samples, audit_log: Path) -> None:
    csrf = signed_in(visitor, "operator")
    audit_log.parent.write_text("a file where the directory should be")
    answer = visitor.get(f"/leads/{LEAD_ID}")
    assert (answer.status_code, "Mara" in answer.text) == (503, False)
    assert "audit log cannot be written" in answer.text
    assert visitor.post(f"/alerts/{ALERT_ID}/claim", data={"csrf": csrf}).status_code == 503
    visitor.cookies.clear()
    assert visitor.post("/login", data={"name": "Ines", "password": PASSWORD}).status_code == 503


def test_a_log_that_was_turned_over_goes_on_and_is_read_whole(audit_log: Path) -> None:
    audit = Audit(audit_log)
    audit.write(line(1))
    first = audit_log.rename(audit_log.with_name("audit.jsonl.1"))
    audit.write(line(2))
    with gzip.open(audit_log.with_name("audit.jsonl.2.gz"), "wb") as packed:
        packed.write(first.read_bytes())
    first.unlink()
    with audit_log.open("a") as broken:
        broken.write('{"at": 3, "us\n')
    audit.write(line(4))
    audit.close()
    assert sorted(one.at for one in entries(audit_log)) == [1, 2, 4]
    assert audit_log.stat().st_mode & 0o777 == 0o600


def test_a_line_is_one_json_object(audit_log: Path) -> None:
    audit = Audit(audit_log)
    audit.write(line(5, user="Ines\nDuarte"))
    audit.close()
    [text] = audit_log.read_text().splitlines()
    assert json.loads(text) == {"at": 5, "user": "Ines\nDuarte", "role": "rep", "what": "lead", "id": "x"}


def test_a_line_behind_half_a_line_is_read(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = Audit(path)
    log.write(line(1))
    with path.open("ab") as file:
        file.write(b'{"at":2,"user":"In')
    log.write(line(3))
    log.close()
    assert [one.at for one in entries(path)] == [1, 3]
