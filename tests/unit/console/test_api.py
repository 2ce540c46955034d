"""`/api/v1` as programs meet it, on a real Valkey: each operation as the document says, keys, cursors, problems."""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import msgspec
import pytest
from msgspec.structs import replace

from schemas.activity import Version
from schemas.api_keys import SCOPES, ApiKey, ApiKeyFile, Scope, api_key_digest
from schemas.codec import encode
from schemas.signals import AlertAction
from streams.console.api.document import document
from streams.console.api.operations import OPERATIONS
from streams.console.app import ConsoleOptions, make_app, one_time_link
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import ALERT_ID, LEAD_ID, Samples
from tests.unit.console.sights import sight
from tests.unit.console.visitor import Visitor, visiting

PAPER = Path(__file__).parents[3] / "docs/reference/openapi.json"
DOCUMENT: dict[str, Any] = json.loads(document())
ACCOUNT_ID = "northwind-robotics.example"
ACTIONS = f"/alerts/{ALERT_ID}/actions"


def key_of(text: str, *scopes: Scope, **changes: Any) -> ApiKey:
    made = ApiKey(id=f"a_{text}", name="Ada's script", scopes=scopes, hash=api_key_digest(text), hint="", created_at=0)
    return replace(made, **changes)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "api_keys.json"
    written(path, key_of("all", *SCOPES), key_of("leads", "leads:read"))
    return path


def written(path: Path, *keys: ApiKey) -> None:
    path.write_bytes(msgspec.json.encode(ApiKeyFile(keys=keys)))


@pytest.fixture
def program(valkey_url: str, prefix: str, door: MemoryDoor, keys: Path) -> Iterator[Visitor]:
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver", api_keys=keys)
    app = make_app(Reader.connect(valkey_url, prefix=prefix), door, options, sight=sight())
    with visiting(app) as somebody:
        yield somebody


def get(program: Visitor, path: str, *, key: str = "all", **options: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"} | options.pop("headers", {})
    return program.get(f"/api/v1{path}", headers=headers, **options)


def act(program: Visitor, key: str = "all", **body: Any) -> httpx.Response:
    return program.post(f"/api/v1{ACTIONS}", headers={"authorization": f"Bearer {key}"}, json=body)


def is_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert (answer.status_code, said["status"], said["type"]) == (status, status, f"urn:leadstream:problem:{code}")
    assert len(said["detail"]) > 10
    is_shaped(said, "Problem")


def is_shaped(value: object, shape: str) -> None:
    schema = {"$ref": f"#/components/schemas/{shape}", "components": DOCUMENT["components"]}
    jsonschema_rs.validate(schema, value)


def test_the_committed_document_is_what_is_served(program: Visitor) -> None:
    served = program.get("/api/v1/openapi.json")
    assert served.text == PAPER.read_text() == document(), "python -m streams.console.api.document writes it anew"


def test_the_document_is_whole() -> None:
    """Each reference leads somewhere, each component is a schema, each operation says how it is refused."""
    names = set(DOCUMENT["components"]["schemas"])
    text = json.dumps(DOCUMENT)
    referred = {one.split('"')[0] for one in text.split('"#/components/schemas/')[1:]}
    assert referred <= names
    for one in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **one})
    described = [one for methods in DOCUMENT["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in described}) == len(described) == len(OPERATIONS)
    assert all({"401", "403", "429", "503"} <= set(one["responses"]) for one in described)


def test_the_page_for_people_names_every_operation_with_its_scope() -> None:
    text = PAPER.with_name("api.md").read_text()
    rows = set(re.findall(r"^\| `([A-Z]+) (/[^`]*)` \| `([a-z:]+)` \|", text, re.MULTILINE))
    assert rows == {(one.method, one.path, one.scope) for one in OPERATIONS}


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/leads", "LeadPage"), (f"/leads/{LEAD_ID}", "LeadCard"), (f"/leads/{LEAD_ID}/transitions", "TransitionList"),
        ("/accounts", "AccountPage"), (f"/accounts/{ACCOUNT_ID}", "AccountCard"), ("/alerts", "AlertPage"),
        ("/alerts?status=done", "AlertPage"), (f"/alerts/{ALERT_ID}", "AlertCard"), ("/search?q=mar", "Findings"),
    ],
)  # fmt: skip
def test_each_read_answers_as_the_document_says(program: Visitor, filled: Samples, path: str, shape: str) -> None:
    answer = get(program, path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    is_shaped(answer.json(), shape)
    again = get(program, path, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert "set-cookie" not in answer.headers


def test_what_is_read_is_the_card(program: Visitor, filled: Samples) -> None:
    assert get(program, f"/leads/{LEAD_ID}").content == encode(filled.lead())
    assert [one["number"] for one in get(program, f"/leads/{LEAD_ID}/transitions").json()["items"]] == [
        one.number for one in filled.lead().moves
    ]
    assert get(program, "/search?q=mara").json()["leads"][0]["lead_id"] == LEAD_ID


def test_a_changed_card_has_another_tag(program: Visitor, filled: Samples, projection: Projection) -> None:
    tag = get(program, f"/leads/{LEAD_ID}").headers["etag"]
    changed = replace(filled.lead(), name="Mara Berg", version=Version(9, 0))
    projection.write(leads=[(LEAD_ID, encode(changed))])
    assert get(program, f"/leads/{LEAD_ID}", headers={"if-none-match": tag}).status_code == 200


def test_a_list_is_read_to_its_end_by_cursors_while_others_move(
    program: Visitor, projection: Projection, samples: Samples
) -> None:
    """Whoever keeps its rank is seen exactly once, ties included, though cards between move over every page's edge."""

    def write(name: str, tenths: int, version: int) -> None:
        card = replace(samples.lead(), lead_id=name, score_tenths=tenths, version=Version(0, version))
        projection.write(leads=[(name, encode(card))])

    still = [f"still-{n:02d}" for n in range(30)]
    for n, name in enumerate(still):
        write(name, 100 + n // 10, 1)
    for n in range(6):
        write(f"moving-{n}", 101, 1)
    seen: list[str] = []
    cursor: str | None = ""
    for turn in range(20):
        if cursor is None:
            break
        page = get(program, "/leads", params={"limit": "4"} | ({"cursor": cursor} if cursor else {})).json()
        seen += [one["lead_id"] for one in page["items"]]
        cursor = page["next"]
        write(f"moving-{turn % 6}", 90 if turn % 2 else 200, turn + 2)
    assert cursor is None
    assert sorted(one for one in seen if one.startswith("still")) == still


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=", "limit=\u0661", "cursor=x", "cursor=", "cursor=%ff",
              "cursor=WyJhbGVydHM6b3BlbiIsWzEsImEiXV0"],
)  # fmt: skip
def test_a_parameter_that_cannot_be_read_says_what_can(program: Visitor, filled: Samples, query: str) -> None:
    answer = get(program, f"/leads?{query}")
    is_problem(answer, 400, "bad-cursor" if "cursor" in query else "bad-parameter")


@pytest.mark.parametrize("path", ["/alerts?status=x", "/search", "/search?q="])
def test_so_do_others(program: Visitor, filled: Samples, path: str) -> None:
    is_problem(get(program, path), 400, "bad-parameter")


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"action": "claim"}, ("claim", "", "", "Ada's script")),
        ({"action": "claim", "actor": "Ines\u202e Duarte"}, ("claim", "", "", "Ines Duarte")),
        ({"action": "contacted", "outcome": "talking"}, ("contacted", "talking", "", "Ada's script")),
        ({"action": "dismiss", "reason": "not_now"}, ("dismiss", "", "not_now", "Ada's script")),
        ({"action": "snooze"}, ("snooze", "", "", "Ada's script")),
    ],
)
def test_an_act_goes_in_at_the_door(
    program: Visitor, filled: Samples, door: MemoryDoor, body: dict[str, str], sent: tuple[str, ...]
) -> None:
    answer = act(program, **body)
    assert answer.status_code == 202
    is_shaped(answer.json(), "ActionAccepted")
    (message,) = door.messages
    assert isinstance(message, AlertAction)
    assert (message.action, message.outcome, message.reason, message.actor) == sent
    assert (message.alert_id, message.to) == (ALERT_ID, ACCOUNT_ID)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"action": "contacted"}, 409, "not-now"), ({"action": "dismiss", "reason": "x"}, 409, "not-now"),
        ({"action": "erase"}, 400, "bad-body"), ({}, 400, "bad-body"), ({"action": "claim", "x": 1}, 400, "bad-body"),
        ({"action": "claim", "actor": "x" * 61}, 400, "bad-body"), ({"action": "x" * 5_000}, 413, "too-large"),
    ],
)  # fmt: skip
def test_an_act_that_cannot_be_is_refused_and_nothing_goes_in(
    program: Visitor, filled: Samples, door: MemoryDoor, body: dict[str, Any], status: int, code: str
) -> None:
    is_problem(act(program, **body), status, code)
    assert door.messages == []


def test_who_was_faster_is_named(program: Visitor, filled: Samples, projection: Projection) -> None:
    taken = replace(filled.alert(), status="claimed", claimed_by="Tom", version=Version(9, 0))
    projection.write(alerts=[(ALERT_ID, encode(taken))])
    answer = act(program, action="claim")
    is_problem(answer, 409, "not-now")
    assert "Tom was faster" in answer.json()["detail"]


def test_without_kafka_nothing_has_changed_and_it_says_so(program: Visitor, filled: Samples, door: MemoryDoor) -> None:
    door.closed = True
    is_problem(act(program, action="claim"), 503, "not-sent")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_asks_for_a_key_with_its_scope(program: Visitor, keys: Path, operation: Any) -> None:
    path = "/api/v1" + operation.path.format(lead_id="x", account_id="x", alert_id="x", audience="x", visitor_id="x")
    ask = partial(program.ask, operation.method)
    without = [one for one in SCOPES if one != operation.scope]
    written(keys, key_of("lacking", *without), key_of("ended", *SCOPES, expires_at=1),
            key_of("revoked", *SCOPES, revoked_at=1))  # fmt: skip
    is_problem(ask(path), 401, "no-key")
    is_problem(ask(path, headers={"authorization": "Basic YTpi"}), 401, "no-key")
    is_problem(ask(path, headers={"authorization": "Bearer lacking"}), 403, "no-scope")
    for unknown in ("other", "ended", "revoked"):
        answer = ask(path, headers={"authorization": f"Bearer {unknown}"})
        is_problem(answer, 401, "unknown-key")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_cookie_opens_nothing_here(program: Visitor, filled: Samples) -> None:
    assert program.get(one_time_link(SECRET, "http://testserver")).status_code == 303
    assert program.get("/leads").status_code == 200
    is_problem(program.get("/api/v1/leads"), 401, "no-key")


def test_a_key_opens_no_page(program: Visitor, filled: Samples) -> None:
    assert program.get("/leads", headers={"authorization": "Bearer all"}).status_code == 303


def test_search_shows_accounts_to_keys_that_may_read_them(program: Visitor, filled: Samples) -> None:
    found = [get(program, "/search?q=northwind", key=key).json()["accounts"] for key in ("leads", "all")]
    assert [len(one) for one in found] == [0, 1]


def test_wrong_keys_are_slowed_down_and_right_ones_are_not(program: Visitor, filled: Samples) -> None:
    for _ in range(5):
        is_problem(get(program, "/leads", key="wrong"), 401, "unknown-key")
    slowed = get(program, "/leads", key="wrong")
    is_problem(slowed, 429, "too-many-wrong-keys")
    assert 1 <= int(slowed.headers["retry-after"]) <= 60
    assert get(program, "/leads").status_code == 200


def test_what_is_not_there_is_a_problem_too(program: Visitor, filled: Samples) -> None:
    is_problem(get(program, "/nothing"), 404, "nothing-here")
    is_problem(get(program, "", follow_redirects=True), 404, "nothing-here")
    is_problem(get(program, "/leads/nobody"), 404, "unknown")
    answer = program.post("/api/v1/leads", headers={"authorization": "Bearer all"})
    is_problem(answer, 405, "not-like-this")
    assert "GET" in answer.headers["allow"]


def test_without_redis_it_says_so(door: MemoryDoor, keys: Path) -> None:
    options = ConsoleOptions(secret=SECRET, api_keys=keys)
    app = make_app(Reader.connect("redis://127.0.0.1:1"), door, options, sight=sight())
    with visiting(app) as program:
        answer = get(program, "/leads")
    is_problem(answer, 503, "read-model-away")
    assert answer.headers["retry-after"] == "5"


def test_a_bug_of_ours_gives_an_error_id_and_no_insides(
    valkey_url: str, prefix: str, door: MemoryDoor, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ConsoleOptions(secret=SECRET, api_keys=keys)
    app = make_app(Reader.connect(valkey_url, prefix=prefix), door, options, sight=sight())
    app.state.desk.reader.lead = None
    with visiting(app, broken=True) as program:
        answer = get(program, f"/leads/{LEAD_ID}")
    is_problem(answer, 500, "broke")
    assert "NoneType" not in answer.text
    (error_id,) = re.findall(r"under (\w+)\.", answer.text)
    assert error_id in capsys.readouterr().out


def test_without_a_key_file_no_key_counts(visitor: Visitor, filled: Samples) -> None:
    is_problem(get(visitor, "/leads"), 401, "no-keys-here")
