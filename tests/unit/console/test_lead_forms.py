"""What sales says of a lead becomes one message that the core takes; what is wrong is said beside its field."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.cards import LeadCard, RulesCrossing
from schemas.codec import encode
from schemas.delivery import VisitorOrder
from schemas.touches import Disposition, MergeOrder
from streams.console.leads.acts import OFFERS, offers
from streams.console.leads.checks import foreseen, questions
from streams.core.stage.stages import stages_in
from streams.inbox import MemoryDoor
from streams.readmodel.writer import Projection
from tests.unit.console.folded_lead import ADA, BO, People
from tests.unit.console.lead_samples import DAY, HOUR
from tests.unit.console.samples import Samples
from tests.unit.console.sights import RULES
from tests.unit.console.test_pages import said
from tests.unit.console.visitor import Visitor, signed_in

YES = dict.fromkeys(("budget", "authority", "needs", "timeframe", "problem", "obstacle", "solution"), "yes")


@pytest.fixture
def people(samples: Samples) -> People:
    return People(samples.now).came()


def shown(projection: Projection, people: People, *who: str) -> None:
    projection.write(leads=[(one, encode(people.card(one))) for one in who or (ADA,)])
    projection.beat(people.now)


def send(visitor: Visitor, path: str, who: str = ADA, /, *, role: Any = "rep", **fields: str) -> Any:
    csrf = signed_in(visitor, role)
    return visitor.post(f"/leads/{who}/{path}", data={"csrf": csrf, **fields})


def utc(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y-%m-%dT%H:%M")


def only(door: MemoryDoor) -> Disposition:
    [message] = door.messages
    assert isinstance(message, Disposition)
    return message


def standing(card: LeadCard, **changes: Any) -> list[str]:
    return [one.kind for one in offers(replace(card, **changes), RULES)]


def test_what_is_offered_follows_from_where_they_stand(people: People) -> None:
    card = people.card()
    assert standing(card) == ["attempt", "accepted", "booked", "held", "disposition", "dead_end"]
    assert standing(card, stage="meeting") == ["attempt", "booked", "held", "no_show", "disposition", "dead_end"]
    assert standing(card, stage="nurture") == ["requested", "dead_end"]
    assert standing(card, stage="recycle_a") == ["requested", "opted_in", "dead_end"]
    assert standing(card, stage="dead_end") == ["restored"]
    assert standing(card, merged_into=BO) == []
    crossed = RulesCrossing(version="x", at=1, total_tenths=1_000)
    assert "reviewed" in standing(card, stage="nurture", crossed_by_rules=crossed)


def test_everything_that_is_offered_may_be_said_by_hand() -> None:
    known = stages_in(RULES).milestones
    for offer in OFFERS:
        assert known[offer.kind].by_hand
        assert ("reason" in offer.asks) == bool(known[offer.kind].reasons)
        assert ("why" in offer.asks) == known[offer.kind].why


@pytest.mark.parametrize(
    ("fields", "stage"),
    [
        ({"kind": "attempt", "reason": "voicemail"}, "mql"),
        ({"kind": "accepted"}, "meeting"),
        ({"kind": "booked", "until": "in two days"}, "meeting"),
        ({"kind": "held", "when": "an hour ago"}, "meeting"),
        ({"kind": "disposition", "reason": "not_now"}, "recycle_a"),
        ({"kind": "disposition", "reason": "too_early"}, "gained"),
        ({"kind": "dead_end", "reason": "competitor"}, "dead_end"),
    ],
)
def test_a_form_becomes_a_message_that_the_core_takes(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor, fields: dict[str, str], stage: str
) -> None:
    shown(projection, people)
    times = {"in two days": utc(people.now + 2 * DAY), "an hour ago": utc(people.now - HOUR)}
    answer = send(visitor, "disposition", **{name: times.get(value, value) for name, value in fields.items()})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/leads/{ADA}?sent=said")
    message = only(door)
    assert (message.kind, message.actor) == (fields["kind"], "Ines Duarte")
    assert people.hear(message).card().stage in (stage, "nurture" if stage == "gained" else stage)
    if "until" in fields:
        assert abs(message.until - people.now - 2 * DAY) < 60_000
    if "when" in fields:
        assert abs(message.at - people.now + HOUR) < 60_000
    assert "Sent." in said(visitor.get(f"/leads/{ADA}?sent=said").text)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"kind": "booked"}, "until", "Say when it takes place"),
        ({"kind": "booked", "until": "soon"}, "until", "This is no date"),
        ({"kind": "booked", "until": "2001-01-01"}, "until", "This date is past"),
        ({"kind": "disposition", "reason": ""}, "reason", "Choose one of the reasons"),
        ({"kind": "disposition", "reason": "won"}, "reason", "Choose one of the reasons"),
        ({"kind": "held", "when": "2999-01-01T10:00"}, "when", "This is still to come"),
        ({"kind": "held", "when": "2001-01-01T10:00"}, "when", "more than a year ago"),
        ({"kind": "held", "when": "10 o'clock"}, "when", "This is no time"),
        ({"kind": "attempt", "reason": "x" * 201}, "reason", "At most 200 characters"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor, fields: dict[str, str], field: str,
    words: str,
) -> None:  # fmt: skip
    shown(projection, people)
    answer = send(visitor, "disposition", **fields)
    assert (answer.status_code, door.messages) == (422, [])
    form = answer.text.partition(f'id="say-{fields["kind"]}"')[2].partition("</form>")[0]
    assert words in said(form)
    assert f'aria-describedby="{fields["kind"]}-{field}-wrong"' in form
    assert f'id="{fields["kind"]}-{field}-wrong"' in form
    assert "Nothing was sent." in said(answer.text)
    if fields.get("when"):
        assert f'value="{fields["when"]}"'.replace("'", "&#39;") in form


def test_what_no_longer_can_be_said_is_refused_in_words(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor
) -> None:
    shown(projection, people.says("dead_end", reason="staff"))
    answer = send(visitor, "disposition", kind="accepted")
    assert (answer.status_code, door.messages) == (422, [])
    assert "they stand somewhere else meanwhile" in said(answer.text)


def test_a_form_that_is_sent_twice_says_one_thing(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor
) -> None:
    shown(projection, people)
    for once in ("17", "17", "18"):
        assert send(visitor, "disposition", kind="attempt", once=once).status_code == 303
    assert people.hear(*door.messages).card().attempts == 2  # type: ignore[arg-type]


def test_a_closed_door_is_said(visitor: Visitor, projection: Projection, people: People, door: MemoryDoor) -> None:
    shown(projection, people)
    door.closed = True
    answer = send(visitor, "disposition", kind="accepted")
    assert answer.status_code == 503
    assert "Kafka does not answer" in said(answer.text)


@pytest.mark.parametrize(
    ("answers", "stage", "sub_stage"),
    [
        (YES | {"effect": "30 % less scrap"}, "consultation", "active"),
        (YES | {"effect": "none", "solution": "no"}, "consultation", "watch"),
        (YES | {"effect": "unknown"}, "meeting", "held"),
        (YES | {"effect": "a lot", "budget": "unknown"}, "meeting", "held"),
    ],
)
def test_the_checks_lead_on_once_all_are_known(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor, answers: dict[str, str], stage: str,
    sub_stage: str,
) -> None:  # fmt: skip
    """Ask A36."""
    people.says("accepted", ago=2 * HOUR).says("held", ago=HOUR)
    shown(projection, people)
    answer = send(visitor, "checks", **answers)
    assert answer.headers["location"] == f"/leads/{ADA}?sent=checked"
    assert dict(only(door).said) == answers
    card = people.hear(only(door)).card()
    assert (card.stage, card.sub_stage) == (stage, sub_stage)
    # They are there when somebody looks again.
    assert {one.name: one.answer for one in questions(card, RULES)} == answers
    assert ("kept warm" in foreseen(answers, RULES.stages.check)) == (sub_stage == "watch")


def test_a_check_that_is_not_answered_is_marked_and_the_others_stay(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor
) -> None:
    people.says("accepted", ago=2 * HOUR).says("held", ago=HOUR)
    shown(projection, people)
    answer = send(visitor, "checks", **(YES | {"budget": "perhaps", "problem": "no"}))
    assert (answer.status_code, door.messages) == (422, [])
    form = answer.text.partition('id="checks"')[2].partition("</form>")[0]
    assert 'id="checked-budget-wrong"' in form
    assert 'id="checked-effect-wrong"' in form
    assert 'id="checked-needs-wrong"' not in form
    assert re.search(r'name="problem" value="no" required checked', form)


def test_the_checks_wait_for_a_meeting(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor
) -> None:
    shown(projection, people)
    signed_in(visitor, "rep")
    assert 'id="checks"' not in visitor.get(f"/leads/{ADA}").text
    answer = send(visitor, "checks", **YES, effect="much")
    assert (answer.status_code, door.messages) == (422, [])
    assert "once a meeting took place" in said(answer.text)


def test_what_was_said_is_taken_back_and_put_back(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor
) -> None:
    people.says("accepted", ago=HOUR)
    shown(projection, people)
    target = f"accepted:{people.card().decisions[0].milestone_id}"
    assert send(visitor, "undo", target=target, reason="pressed by mistake").status_code == 303
    card = people.hear(only(door)).card()
    assert card.stage == "mql"
    assert card.moves[0].corrects == 2
    shown(projection, people)
    correction = card.decisions[0]
    send(visitor, "undo", target=f"correction:{correction.milestone_id}", reason="it was right")
    assert people.hear(door.messages[-1]).card().stage == "meeting"  # type: ignore[arg-type]


def test_a_move_is_taken_back_by_its_number(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor
) -> None:
    shown(projection, people)
    assert send(visitor, "undo", move="1", reason="a test of ours").status_code == 303
    assert people.hear(only(door)).card().stage == "nurture"


@pytest.mark.parametrize(
    "fields", [{"move": "1"}, {"move": "9", "reason": "x"}, {"target": "deal_won:d1", "reason": "x"}, {"reason": "x"}]
)
def test_what_cannot_be_taken_back_is_refused(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor, fields: dict[str, str]
) -> None:
    shown(projection, people)
    answer = send(visitor, "undo", **fields)
    assert (answer.status_code, door.messages) == (422, [])
    assert "Nothing was sent." in said(answer.text)


def two(projection: Projection, people: People) -> None:
    people.came(BO, name="Bo Vance", visitor="v-phone")
    shown(projection, people, ADA, BO)


def test_a_merge_is_found_foreseen_and_ordered(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor
) -> None:
    two(projection, people)
    signed_in(visitor, "leader")
    found = visitor.get(f"/leads/{BO}/merge?q=ada").text
    assert f'href="/leads/{BO}/merge?into={ADA}"' in found
    preview = said(visitor.get(f"/leads/{BO}/merge?into={ADA}").text)
    for wanted in ("This one goes Bo Vance", "This one stays Ada Vance", "two e-mail addresses", "becomes about",
                   "can be taken back"):  # fmt: skip
        assert wanted in preview, wanted
    answer = send(visitor, "merge", BO, role="leader", into=ADA, reason="same signature")
    assert answer.headers["location"] == f"/leads/{ADA}?sent=merged"
    [order] = door.messages
    assert isinstance(order, MergeOrder)
    assert (order.to, order.into, order.reason, order.actor) == (BO, ADA, "same signature", "Ines Duarte")
    people.hear(order)
    assert (people.card(BO).stage, people.card(ADA).aliases) == ("merged", (BO,))


@pytest.mark.parametrize(
    ("into", "reason", "words"),
    [(BO, "x", "same person already"), ("c" * 32, "x", "Nobody is known"), (ADA, " ", "Say why"),
     (ADA, "x" * 201, "At most 200")],
)  # fmt: skip
def test_a_merge_that_cannot_be_is_refused(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor, into: str, reason: str, words: str
) -> None:
    two(projection, people)
    answer = send(visitor, "merge", BO, role="leader", into=into, reason=reason)
    assert (answer.status_code, door.messages) == (422, [])
    assert words in said(answer.text)


def test_an_operators_merge_is_taken_back(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor
) -> None:
    two(projection, people)
    before = people.card(ADA).score_tenths
    people.merged(BO, ADA)
    shown(projection, people, ADA, BO)
    signed_in(visitor, "leader")
    preview = said(visitor.get(f"/leads/{BO}/unmerge").text)
    assert "Lea Brandt merged them: same signature. That order is taken back." in preview
    answer = send(visitor, "unmerge", BO, role="leader", reason="two brothers")
    assert answer.headers["location"] == f"/leads/{BO}?sent=unmerged"
    [order] = door.messages
    assert isinstance(order, MergeOrder)
    assert (order.to, order.into) == (BO, "")
    people.hear(replace(order, at=people.now + 1))
    assert (people.card(BO).merged_into, people.card(ADA).aliases, people.card(ADA).score_tenths) == ("", (), before)


def test_what_a_link_said_is_outranked_and_that_is_taken_back_too(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor
) -> None:
    two(projection, people)
    card = replace(people.card(BO), merged_into=ADA, stage="merged")
    projection.write(leads=[(BO, encode(card))])
    signed_in(visitor, "leader")
    assert "nobody else, whatever is said" in said(visitor.get(f"/leads/{BO}/unmerge").text)
    send(visitor, "unmerge", BO, role="leader", reason="two brothers")
    [order] = door.messages
    assert isinstance(order, MergeOrder)
    assert order.into == BO
    people.hear(order)
    shown(projection, people, BO)
    assert "Nobody else Ines Duarte said so: two brothers take back" in said(visitor.get(f"/leads/{BO}").text)
    send(visitor, "unmerge", BO, role="leader", reason="one after all")
    assert (door.messages[-1].to, getattr(door.messages[-1], "into", None)) == (BO, "")


def test_where_nothing_is_merged_nothing_is_taken_apart(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor
) -> None:
    shown(projection, people)
    answer = send(visitor, "unmerge", role="leader", reason="x")
    assert (answer.status_code, door.messages) == (422, [])
    assert "Nothing is to be taken apart here" in said(answer.text)


def test_a_browser_that_is_not_theirs_is_said_to_it(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor
) -> None:
    shown(projection, people)
    signed_in(visitor, "leader")
    preview = said(visitor.get(f"/leads/{ADA}/browser?visitor=v-laptop").text)
    assert "becomes about 0.0; it is 100.0 now" in preview
    assert "comes back" in said(visitor.get(f"/leads/{ADA}/browser?visitor=gone").text)
    for kind in ("deny", "allow"):
        answer = send(visitor, "browser", role="leader", visitor="v-laptop", kind=kind)
        assert answer.headers["location"] == f"/leads/{ADA}?sent=browser"
        order = door.messages[-1]
        assert isinstance(order, VisitorOrder)
        assert (order.to, order.kind, order.lead_id, order.actor) == ("v-laptop", kind, ADA, "Ines Duarte")
    for fields in ({"visitor": "", "kind": "deny"}, {"visitor": "v", "kind": "erase"}):
        assert send(visitor, "browser", role="leader", **fields).status_code == 422
    assert len(door.messages) == 2


@pytest.mark.parametrize("path", ["merge", "unmerge", "browser"])
def test_who_is_whom_is_a_leaders_word(
    visitor: Visitor, projection: Projection, people: People, door: MemoryDoor, path: str
) -> None:
    two(projection, people)
    answer = send(visitor, path, BO, role="rep", into=ADA, reason="x", visitor="v", kind="deny")
    assert (answer.status_code, door.messages) == (403, [])
