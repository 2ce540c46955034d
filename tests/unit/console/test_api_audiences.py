"""What `/api/v1` says of audiences, of one person, of all moves and of the ledger, on a real Valkey (ask A49)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from schemas.activity import Version
from schemas.api_keys import SCOPES
from schemas.cards import LeadCard, MailFlags, Membership
from schemas.codec import encode
from schemas.webhooks import WEBHOOKS
from streams.console.api.examples import BODIES, example_of
from streams.console.api.operations import OPERATIONS
from streams.console.app import ConsoleOptions, make_app
from streams.console.flow.moves import Moves
from streams.core.rules import load_rules
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from streams.rules_files import read_texts
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import Samples
from tests.unit.console.sights import NAMING, StandInMoves, sight
from tests.unit.console.test_api import DOCUMENT, is_problem, is_shaped, key_of, written
from tests.unit.console.test_flow import story
from tests.unit.console.visitor import Visitor, visiting

HOUR = 3_600_000
AUDIENCES = (
    '[[audience]]\nname = "warm"\nlabel = "Warm"\nwhen = { field = "score", op = "at_least", value = 60 }\n'
    '[[audience]]\nname = "quiet"\nlabel = "Quiet"\nannounce = false\nwhen = { field = "stage", value = "nurture" }\n'
)
WITH = load_rules(read_texts(None) | {"audiences.toml": AUDIENCES}, naming=NAMING)
EMAIL = "mara@halden-optics.example"
MARA = NAMING.lead_of_email(EMAIL)


@pytest.fixture
def log(samples: Samples) -> StandInMoves:
    return StandInMoves(*story(samples.now))


@pytest.fixture
def program(
    valkey_url: str, prefix: str, door: MemoryDoor, log: StandInMoves, tmp_path: Path
) -> Iterator[Visitor]:
    keys = tmp_path / "api_keys.json"
    written(keys, key_of("all", *SCOPES), key_of("leads", "leads:read"))
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver", api_keys=keys)
    seen = sight(moves=Moves(log, lambda: WITH), log=log, rules=WITH)
    with visiting(make_app(Reader.connect(valkey_url, prefix=prefix), door, options, sight=seen)) as somebody:
        yield somebody


def get(program: Visitor, path: str, *, key: str = "all") -> httpx.Response:
    return program.get(f"/api/v1{path}", headers={"authorization": f"Bearer {key}"})


def ask(program: Visitor, path: str, *, key: str = "all", **body: Any) -> httpx.Response:
    return program.post(f"/api/v1{path}", headers={"authorization": f"Bearer {key}"}, json=body)


def card(samples: Samples, **changes: Any) -> LeadCard:
    usual: dict[str, Any] = {"lead_id": MARA, "email": EMAIL, "stage": "nurture", "hold_until": None,
                             "mail_stop_until": None, "mail": None, "merged_into": ""}  # fmt: skip
    return replace(samples.lead(), **(usual | changes))


def mark(audience: str, at: int, *, is_in: bool = True) -> Membership:
    return Membership(audience=audience, is_in=is_in, at=at, number=1, version=Version(0, 1))


def write(projection: Projection, samples: Samples, *cards: LeadCard) -> None:
    projection.write(leads=[(one.lead_id, encode(one)) for one in cards])
    projection.beat(samples.now)


# ─── the document
def test_every_operation_shows_an_answer_that_fits_its_schema() -> None:
    for one in OPERATIONS:
        is_shaped(json.loads(json.dumps(example_of(one.name))), one.answer.__name__)
        if one.body is not None:
            is_shaped(BODIES[one.name], one.body.__name__)


def test_every_webhook_is_described_with_an_example() -> None:
    assert DOCUMENT["webhooks"].keys() == WEBHOOKS.keys()
    for name, shape in WEBHOOKS.items():
        (content,) = DOCUMENT["webhooks"][name]["post"]["requestBody"]["content"].values()
        assert content["schema"]["$ref"].endswith(f"/{shape.__name__}")
        assert content["example"]["type"] == name
        is_shaped(content["example"], shape.__name__)


def test_every_refusal_shows_a_problem() -> None:
    for methods in DOCUMENT["paths"].values():
        for described in methods.values():
            for status, answer in described["responses"].items():
                for media in answer.get("content", {}).values():
                    assert "example" in media
                    if int(status) >= 400:
                        is_shaped(media["example"], "Problem")
                        assert media["example"]["status"] == int(status)


# ─── audiences
def test_audiences_say_their_rule_and_how_many_are_in_them(
    program: Visitor, projection: Projection, samples: Samples
) -> None:
    """Ask A49."""
    write(projection, samples, card(samples, audiences=(mark("warm", 10), mark("quiet", 9, is_in=False))))
    answer = get(program, "/audiences")
    is_shaped(answer.json(), "AudienceList")
    assert [(one["name"], one["members"], one["announced"]) for one in answer.json()["items"]] == [
        ("warm", 1, True), ("quiet", 0, False)]  # fmt: skip
    assert answer.json()["items"][0]["rule"] == "score is at least 60"
    assert answer.json()["behind_ms"] is not None


def test_members_are_read_to_the_end_by_cursors_and_leavers_too(
    program: Visitor, projection: Projection, samples: Samples
) -> None:
    cards = [card(samples, lead_id=f"lead-{n:02d}", audiences=(mark("warm", n, is_in=n % 3 > 0),)) for n in range(30)]
    write(projection, samples, *cards)
    for path, shape, wanted in (
        ("members", "MemberPage", [n for n in range(29, -1, -1) if n % 3]),
        ("left", "LeaverPage", [n for n in range(29, -1, -1) if not n % 3]),
    ):
        found, cursor = [], None
        while True:
            answer = get(program, f"/audiences/warm/{path}?limit=7" + (f"&cursor={cursor}" if cursor else "")).json()
            is_shaped(answer, shape)
            found += [int(one["lead_id"].removeprefix("lead-")) for one in answer["items"]]
            cursor = answer["next"]
            if cursor is None:
                break
        assert found == wanted
    assert get(program, "/audiences/warm/left?limit=1").json()["items"][0]["at"] == 27


def test_one_member_is_there_or_unknown(program: Visitor, projection: Projection, samples: Samples) -> None:
    write(projection, samples, card(samples, audiences=(mark("warm", 10), mark("quiet", 9, is_in=False))))
    answer = get(program, f"/audiences/warm/members/{MARA}")
    is_shaped(answer.json(), "AudienceMember")
    assert (answer.json()["since"], answer.json()["email"]) == (10, EMAIL)
    is_problem(get(program, f"/audiences/quiet/members/{MARA}"), 404, "unknown")
    is_problem(get(program, "/audiences/warm/members/nobody"), 404, "unknown")
    is_problem(get(program, "/audiences/none/members"), 404, "unknown")
    is_problem(get(program, "/audiences/warm/members?limit=0"), 400, "bad-parameter")
    is_problem(get(program, "/audiences/warm/members?cursor=x"), 400, "bad-cursor")


# ─── profiles
def test_a_profile_says_what_to_show_and_names_nobody(
    program: Visitor, projection: Projection, samples: Samples
) -> None:
    """Asks A7, A49."""
    marks = (mark("warm", 1), mark("quiet", 1, is_in=False))
    write(projection, samples, card(samples, segment="compliance", audiences=marks))
    for whom in ({"email": f" {EMAIL.upper()} "}, {"lead_id": MARA}):
        answer = ask(program, "/profiles", **whom)
        is_shaped(answer.json(), "Profile")
        said = answer.json()
        assert (said["known"], said["segment"], said["review"], said["audiences"], said["stale"]) == (
            True, "compliance", "mid", ["warm"], False)  # fmt: skip
        assert {one["gate"] for one in said["content"]} == {"open"}
        assert EMAIL not in answer.text
        assert samples.lead().name not in answer.text
        assert MARA not in answer.text
        assert "etag" not in answer.headers


def test_whom_we_do_not_know_is_shown_what_anybody_is(
    program: Visitor, projection: Projection, samples: Samples
) -> None:
    """Asks A7, A8."""
    projection.beat(samples.now)
    said = ask(program, "/profiles", user_id="u-1").json()
    assert (said["known"], said["review"], said["segment"], said["as_of"]) == (False, "early", "none", None)
    assert said["content"][0]["path"] == "/product*"


def test_a_lead_that_is_another_now_is_answered_for_by_that_one(
    program: Visitor, projection: Projection, samples: Samples
) -> None:
    write(projection, samples, card(samples, lead_id="old", stage="merged", merged_into=MARA), card(samples))
    assert ask(program, "/profiles", lead_id="old").json()["review"] == "mid"
    write(projection, samples, card(samples, lead_id="a", merged_into="b"), card(samples, lead_id="b", merged_into="a"))
    assert ask(program, "/profiles", lead_id="a").json()["known"] is False


@pytest.mark.parametrize("age_ms", [61_000, None])
def test_old_figures_are_no_figures(
    program: Visitor, projection: Projection, samples: Samples, age_ms: int | None
) -> None:
    projection.write(leads=[(MARA, encode(card(samples)))])
    if age_ms is not None:
        projection.beat(samples.now - age_ms)
    said = ask(program, "/profiles", lead_id=MARA).json()
    assert (said["known"], said["stale"], said["review"]) == (False, True, "early")
    assert said["behind_ms"] is None if age_ms is None else said["behind_ms"] >= age_ms
    mail = ask(program, "/may-mail", lead_id=MARA).json()
    assert (mail["may"], mail["reasons"][0]["code"]) == (False, "old_card")


def test_while_redis_is_being_filled_nobody_is_known(
    program: Visitor, projection: Projection, samples: Samples, valkey_url: str, prefix: str
) -> None:
    from streams.readmodel.fills import Fills

    write(projection, samples, card(samples))
    fills = Fills.connect(valkey_url, prefix=prefix)
    fills.begin("leads.0", total=10)
    fills.close()
    assert ask(program, "/profiles", lead_id=MARA).json()["stale"] is True
    assert ask(program, "/may-mail", lead_id=MARA).json()["may"] is False


@pytest.mark.parametrize(
    "body", [{}, {"email": "x"}, {"lead_id": "a", "email": EMAIL}, {"lead_id": 1}, {"lead_id": "a", "more": 1}]
)
@pytest.mark.parametrize("path", ["/profiles", "/may-mail"])
def test_a_question_about_nobody_or_several_is_refused(program: Visitor, path: str, body: dict[str, Any]) -> None:
    is_problem(ask(program, path, **body), 400, "bad-body")


def test_a_large_question_is_refused(program: Visitor) -> None:
    is_problem(ask(program, "/profiles", lead_id="x" * 5_000), 413, "too-large")


# ─── may we mail
@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"stage": "meeting"}, ["pause"]),
        ({"traits": {"marketing_consent": "no"}}, ["no_consent"]),
        ({"mail": MailFlags(unsubscribed_at=1, bounced_at=2)}, ["bounced", "unsubscribed"]),
    ],
)
def test_may_we_mail_says_yes_or_every_no_in_its_order(
    program: Visitor, projection: Projection, samples: Samples, changes: dict[str, Any], codes: list[str]
) -> None:
    """Ask A22."""
    write(projection, samples, card(samples, **changes))
    answer = ask(program, "/may-mail", email=EMAIL)
    is_shaped(answer.json(), "MailAnswered")
    assert [one["code"] for one in answer.json()["reasons"]] == codes
    assert answer.json()["may"] is (not codes)
    assert EMAIL not in answer.text


def test_inside_a_hold_it_says_until_when(program: Visitor, projection: Projection, samples: Samples) -> None:
    """Ask A22."""
    until = samples.now + 24 * HOUR
    write(projection, samples, card(samples, mail_stop_until=until))
    said = ask(program, "/may-mail", email=EMAIL).json()
    assert (said["may"], said["until"], said["reasons"][0]["until"]) == (False, until, until)
    assert ask(program, "/may-mail", email=EMAIL, purpose="transactional").json()["may"] is True


def test_nobody_is_mailed_whom_nobody_knows(program: Visitor, projection: Projection, samples: Samples) -> None:
    projection.beat(samples.now)
    assert ask(program, "/may-mail", email="who@else.example").json()["reasons"][0]["code"] == "unknown_lead"


def test_without_redis_it_is_a_no_and_not_an_error(door: MemoryDoor, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    written(keys, key_of("all", *SCOPES))
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver", api_keys=keys)
    app = make_app(Reader.connect("redis://127.0.0.1:1/0"), door, options, sight=sight())
    with visiting(app) as program:
        said = ask(program, "/may-mail", email=EMAIL)
        assert (said.status_code, said.json()["may"], said.json()["reasons"][0]["code"]) == (200, False, "old_card")
        is_problem(ask(program, "/profiles", email=EMAIL), 503, "read-model-away")


# ─── all moves
def moves_of(program: Visitor, *, limit: int = 4, cursor: str = "") -> tuple[list[tuple[str, int]], str]:
    found: list[tuple[str, int]] = []
    while True:
        answer = get(program, f"/transitions?limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json()
        is_shaped(answer, "TransitionStream")
        assert len(answer["items"]) <= limit
        found += [(one["lead_id"], one["number"]) for one in answer["items"]]
        cursor = answer["next"]
        if not answer["more"]:
            return found, cursor


def test_all_moves_come_once_and_those_of_a_lead_in_order(
    program: Visitor, log: StandInMoves, samples: Samples
) -> None:
    told = [(one.lead_id, one.number) for one in story(samples.now)]
    found, cursor = moves_of(program)
    assert sorted(found) == sorted(told)
    for lead in {one for one, _ in told}:
        assert [number for one, number in found if one == lead] == [number for one, number in told if one == lead]
    assert moves_of(program, cursor=cursor) == ([], cursor)
    (new,) = [replace(one, lead_id="new") for one in story(samples.now)[:1]]
    log.bring(new)
    assert moves_of(program, cursor=cursor)[0] == [("new", new.number)]


def test_who_begins_now_hears_only_what_comes(program: Visitor, log: StandInMoves, samples: Samples) -> None:
    answer = get(program, "/transitions?from=now").json()
    assert (answer["items"], answer["more"]) == ([], False)
    log.bring(*story(samples.now, source="later")[:3])
    found, _ = moves_of(program, cursor=answer["next"])
    assert len(found) == 3


def test_a_move_that_cannot_be_read_leaves_its_neighbours(program: Visitor, log: StandInMoves) -> None:
    before, _ = moves_of(program)
    log.bring_bytes(b"{")
    assert moves_of(program)[0] == before


def test_a_topic_that_was_made_anew_is_read_from_its_beginning(
    program: Visitor, log: StandInMoves, samples: Samples
) -> None:
    _, cursor = moves_of(program)
    log.empty()
    log.bring(*story(samples.now)[:2])
    assert len(moves_of(program, cursor=cursor)[0]) == 2


def test_moves_refuse_wrong_questions_and_say_when_kafka_is_away(program: Visitor, log: StandInMoves) -> None:
    is_problem(get(program, "/transitions?from=tomorrow"), 400, "bad-parameter")
    is_problem(get(program, "/transitions?limit=201"), 400, "bad-parameter")
    other = get(program, "/leads?limit=1").json()["next"] or "WyJ4IixbMSwiYSJdXQ"
    for cursor in ("x", "!!", "WyJ0cmFuc2l0aW9ucyIseyIwIjotMX1d", other):
        is_problem(get(program, f"/transitions?cursor={cursor}"), 400, "bad-cursor")
    log.away = True
    answer = get(program, "/transitions")
    is_problem(answer, 503, "log-away")
    assert answer.headers["retry-after"] == "5"


# ─── the ledger
def test_the_ledger_adds_up_and_says_what_the_page_says(program: Visitor, samples: Samples) -> None:
    """Asks A12, A25."""
    answer = get(program, "/ledger?by=source")
    is_shaped(answer.json(), "Books")
    said = answer.json()
    assert said["reconciles"]
    assert said["of"] == "people"
    accounts = get(program, "/ledger?of=accounts").json()
    assert (accounts["of"], accounts["ever_gained"], accounts["reconciles"]) == ("accounts", 0, True)  # of free mail
    assert said["ever_gained"] == 10 == sum(one["closing"] for one in said["stages"])
    for part in (said["stages"], *(one["stages"] for one in said["parts"])):
        for one in part:
            outs = one["to_next"] + one["recycled"] + one["ended"] + one["back"] + one["aside"] + one["closing"]
            assert one["opening"] + one["came"] == outs
    assert {one["value"] for one in said["parts"]} == {"linkedin", "expo"}
    assert sum(one["ever_gained"] for one in (get(program, f"/ledger?source={s}").json() for s in ("linkedin", "expo"))) == 10  # fmt: skip  # noqa: E501


def test_the_ledger_refuses_what_it_does_not_know_and_says_when_it_cannot_be_read(
    program: Visitor, log: StandInMoves
) -> None:
    is_problem(get(program, "/ledger?window=1d"), 400, "bad-parameter")
    is_problem(get(program, "/ledger?by=color"), 400, "bad-parameter")
    is_problem(get(program, "/ledger?of=deals"), 400, "bad-parameter")
    log.away = True
    is_problem(get(program, "/ledger"), 503, "log-away")
