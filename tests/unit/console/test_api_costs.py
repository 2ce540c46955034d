"""`/api/v1/costs`: a program reads the file of costs and replaces it; an operator's edit and its own are one file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.console.access.audit import entries
from streams.console.app import ConsoleOptions, make_app
from streams.console.flow.cost_book import CostBook
from streams.core.flow.costs import Cost, costs_in, text_of
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from tests.unit.console.conftest import SECRET
from tests.unit.console.sights import RULES, sight
from tests.unit.console.test_api import is_problem, is_shaped, key_of, written
from tests.unit.console.visitor import Visitor, visiting

FAIR = {"medium": "fair", "program": "expo-26", "from": "2026-03-01", "to": "2026-03-10", "amount": 12000}
LABEL = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "costs.toml"


@pytest.fixture
def program(valkey_url: str, prefix: str, file: Path, tmp_path: Path, audit_log: Path) -> Iterator[Visitor]:
    keys = tmp_path / "api_keys.json"
    written(keys, key_of("all", "costs:read", "costs:write"), key_of("reads", "costs:read"))
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver", api_keys=keys, audit=audit_log)
    sees = replace(sight(), costs=CostBook(file))
    app = make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), options, sight=sees)
    with visiting(app) as somebody:
        yield somebody


def asked(program: Visitor) -> httpx.Response:
    return program.get("/api/v1/costs", headers={"authorization": "Bearer reads"})


def put(program: Visitor, *items: dict[str, Any], key: str = "all", **headers: str) -> httpx.Response:
    told = {"authorization": f"Bearer {key}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return program.ask("PUT", "/api/v1/costs", headers=told, json={"items": list(items)})


def test_what_was_put_is_the_file_and_is_read_again(program: Visitor, file: Path, audit_log: Path) -> None:
    before = asked(program)
    assert before.json() == {"items": [], "currency": "EUR"}, "nobody wrote the file yet"
    answer = put(program, FAIR, {**FAIR, "medium": "search", "source": "google", "note": 'a "word"\n'})
    assert answer.status_code == 200
    is_shaped(answer.json(), "CostList")
    now = asked(program)
    assert (now.content, now.headers["etag"]) == (answer.content, answer.headers["etag"])
    assert [one["medium"] for one in now.json()["items"]] == ["fair", "search"]
    assert costs_in(file.read_text("utf-8"), RULES.returns)[0].program == "expo-26"
    assert asked(program).headers["etag"] != before.headers["etag"]
    (line,) = entries(audit_log)
    assert (line.user, line.role, line.what, line.to) == ("Ada's script", "api", "replace costs", "2 costs")


def test_an_operators_edit_is_seen_and_not_overwritten_by_who_read_before(program: Visitor, file: Path) -> None:
    file.write_text('[[cost]]\nmedium = "fair"\nfrom = 2026-03-01\namount = 5\n', "utf-8")
    file.chmod(0o660)
    tag = asked(program).headers["etag"]
    file.write_text('[[cost]]\nmedium = "radio"\nfrom = 2026-03-01\namount = 7\n', "utf-8")
    is_problem(put(program, FAIR, if_match=tag), 412, "changed")
    assert asked(program).json()["items"][0]["medium"] == "radio"
    assert put(program, FAIR, if_match=asked(program).headers["etag"]).status_code == 200
    assert file.stat().st_mode & 0o777 == 0o660, "whoever could read it still can"
    assert put(program).json()["items"] == [], "and everything may go"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"medium": ""}, "$.items[0].medium"),
        ({"amount": -1}, "$.items[0].amount"),
        ({"from": "soon"}, "$.items[0].from"),
        ({"to": "2026-02-01"}, '"to" lies before "from"'),
        ({"currency": "XXX"}, "$.items[0].currency"),
        ({"prgram": "x"}, "prgram"),
    ],
)
def test_what_cannot_be_a_cost_changes_nothing(
    program: Visitor, file: Path, wrong: dict[str, Any], says: str
) -> None:
    answer = put(program, FAIR | wrong)
    is_problem(answer, 400, "bad-body")
    assert says in answer.json()["detail"]
    assert not file.exists()


def test_a_file_that_cannot_be_read_says_so_and_can_be_replaced(program: Visitor, file: Path) -> None:
    file.write_text("[[cost]]\nmedium = 5\n", "utf-8")
    answer = asked(program)
    is_problem(answer, 503, "costs-unreadable")
    assert "costs.toml:2" in answer.json()["detail"]
    is_problem(put(program, FAIR, if_match='"x"'), 412, "changed")
    assert put(program, FAIR).status_code == asked(program).status_code == 200
    assert file.with_name("costs.toml.before-1").read_text("utf-8") == "[[cost]]\nmedium = 5\n"


def test_what_an_operator_wrote_beside_the_bills_stays(program: Visitor, file: Path) -> None:
    file.write_text('# ask Anna first\n\n[[cost]]\nmedium = "fair"\nfrom = 2026-03-01\namount = 5  # net\n', "utf-8")
    items = asked(program).json()["items"]
    assert put(program, {**items[0], "amount": 7}, {**items[0], "medium": "radio"}).status_code == 200
    text = file.read_text("utf-8")
    assert text.startswith('# ask Anna first\n\n[[cost]]\nmedium = "fair"\nfrom = 2026-03-01\namount = 7.0  # net\n')
    assert [one["amount"] for one in asked(program).json()["items"]] == [7, 5]
    assert [one.name for one in file.parent.glob("costs.toml.*")] == ["costs.toml.lock"]


def test_a_file_that_is_laid_out_otherwise_is_kept_beside_it(program: Visitor, file: Path) -> None:
    written = "# all in one\ncost = [{medium = 'fair', from = 2026-03-01, amount = 5}]\n"
    file.write_text(written, "utf-8")
    file.with_name("costs.toml.before-1").write_text("older", "utf-8")
    assert put(program, FAIR).status_code == 200
    assert file.with_name("costs.toml.before-1").read_text("utf-8") == "older"
    assert file.with_name("costs.toml.before-2").read_text("utf-8") == written


def test_a_place_that_cannot_be_written_is_said(program: Visitor, file: Path) -> None:
    file.mkdir()
    is_problem(put(program, FAIR), 503, "costs-not-written")
    assert not list(file.iterdir())


def test_more_than_a_file_may_have_is_refused(program: Visitor, file: Path) -> None:
    note = "n" * 400
    is_problem(put(program, *[FAIR | {"note": note}] * 3_000), 413, "too-large")
    assert not file.exists()


def test_who_reads_may_not_write_and_without_a_file_there_is_nothing(
    program: Visitor, valkey_url: str, prefix: str, tmp_path: Path
) -> None:
    is_problem(put(program, FAIR, key="reads"), 403, "no-scope")
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver", api_keys=tmp_path / "api_keys.json")
    app = make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), options, sight=sight())
    with visiting(app) as somebody:
        is_problem(asked(somebody), 404, "no-costs-here")
        is_problem(put(somebody, FAIR), 404, "no-costs-here")


@given(
    st.lists(
        st.builds(
            Cost, medium=LABEL.filter(bool), source=LABEL, program=LABEL, note=LABEL, first=st.dates(),
            amount=st.floats(0, 1e12), currency=st.sampled_from([None, RULES.returns.currency]),
        ),
        max_size=4,
    )
)  # fmt: skip
def test_the_file_says_what_was_given_whatever_the_letters(costs: list[Cost]) -> None:
    assert list(costs_in(text_of(costs), RULES.returns)) == costs
