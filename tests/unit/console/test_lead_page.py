"""Each part of the lead page says what the card says, for whom it is, and hostile text as plain text."""

import re
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.activity import Decision, Hit, Version
from schemas.cards import LeadCard, MailFlags
from schemas.codec import encode
from streams.console.leads.curve import HEIGHT, WIDTH, curve_drawing
from streams.console.leads.past import KINDS, moves_of, said_of
from streams.console.leads.people import browsers_of, objection_to_merge
from streams.console.leads.timeline import Asked, asked_in, folded, timeline
from streams.console.shown import words
from streams.core.rules import RulesError
from streams.core.score.curve import curve_of
from streams.core.stage.stages import stages_in
from streams.readmodel.writer import Projection
from tests.unit.console.folded_lead import ADA, BO, People
from tests.unit.console.lead_samples import DAY, HOUR
from tests.unit.console.samples import HOSTILE, Samples
from tests.unit.console.sights import RULES, rules_told
from tests.unit.console.test_pages import read, said
from tests.unit.console.visitor import Visitor, signed_in


@pytest.fixture
def people(samples: Samples) -> People:
    return People(samples.now).came()


def shown(projection: Projection, people: People, *who: str, **changes: Any) -> None:
    cards = [replace(people.card(one), **changes) for one in who or (ADA,)]
    projection.write(leads=[(card.lead_id, encode(card)) for card in cards])
    projection.beat(people.now)


def part(html: str, name: str) -> str:
    """One section's text."""
    return said(html.partition(f'<section class="card" id="{name}"')[2].partition("</section>")[0])


def page(visitor: Visitor, who: str = ADA, query: str = "") -> str:
    answer = visitor.get(f"/leads/{who}{query}")
    assert answer.status_code == 200
    return answer.text


def test_the_curve_is_drawn_and_says_the_same_in_words_and_numbers(
    rep: Visitor, projection: Projection, people: People
) -> None:
    shown(projection, people)
    html, card = page(rep), people.card()
    text = part(html, "curve")
    assert "Above the threshold of 100.0 since" in text
    assert "If nothing more happens it falls below on" in text
    assert re.search(r'class="curve-past" d="M[\d. L]+"', html)
    assert re.search(r'class="curve-ahead" d="M[\d. L]+"', html)
    assert 'class="curve-falls"' in html
    assert f"now {card.score_tenths // 10}." in text.replace("UTC now", "now")
    assert "falls below 99.9 below" in text


def test_the_drawing_stays_in_its_frame_and_ends_where_the_card_does(people: People) -> None:
    curve = curve_of(people.card(), RULES)
    assert curve is not None
    for now in (people.now, people.now + 3 * DAY, people.now - 30 * DAY):
        drawn = curve_drawing(curve, now=now)
        places = [float(one) for path in (drawn.past, drawn.ahead, drawn.band) for one in re.findall(r"[\d.]+", path)]
        assert min(places) >= 0
        assert max(places[::2]) <= WIDTH
        assert max(places[1::2]) <= HEIGHT
        assert drawn.now >= curve.as_of
        assert [row.at for row in drawn.rows] == sorted({row.at for row in drawn.rows})
    first = curve_drawing(curve, now=people.now)
    [today] = [row for row in first.rows if row.at == first.now]
    assert today.is_sure
    assert first.falls is not None
    assert first.falls.at == people.card().falls_below_at
    assert first.above_since is not None
    assert first.above_since <= people.now - DAY


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"rules_version": "older"}, "by the rules that made this score, older"), ({"lines": ()}, "nothing to draw")],
)
def test_where_no_curve_can_be_drawn_it_says_why(
    rep: Visitor, projection: Projection, people: People, changes: dict[str, Any], words: str
) -> None:
    shown(projection, people, **changes)
    html = page(rep)
    assert words in part(html, "curve")
    assert '<svg class="curve"' not in html


def test_may_we_mail_says_each_reason_and_until_when(rep: Visitor, projection: Projection, people: People) -> None:
    shown(projection, people)
    assert "May we mail? Yes marketing Yes what they asked for" in part(page(rep), "mail")
    flags = MailFlags(mailed_at=people.now - HOUR)
    shown(projection, people, mail_stop_until=people.now + 30 * DAY, mail=flags, traits={"marketing_consent": "no"})
    text = part(page(rep), "mail")
    for wanted in ("No marketing", "Consent to marketing is not there", "A hold lasts", "less than 48 hours ago",
                   "Yes what they asked for", "Consent to marketing no", "Last mail 1 h ago"):  # fmt: skip
        assert wanted in text, wanted
    shown(projection, people, mail_stop_until=people.now + 30 * DAY, mail=None)
    assert "If nothing happens until then, yes from" in part(page(rep), "mail")


def test_the_history_says_rule_evidence_actor_and_what_took_it_back(
    rep: Visitor, projection: Projection, people: People
) -> None:
    people.says("accepted", ago=HOUR).says("correction", reason="pressed by mistake", said={"move": "2"})
    shown(projection, people)
    text = part(page(rep), "history")
    for wanted in ("MQL → Meeting", "T6: Sales took it over leads to Meeting", "taken back by move 3",
                   "takes back move 2", "By Ines Duarte, rules", "Asked for a talk: Quote", "past Gained, Nurture",
                   "Taken back: Sales took it over"):  # fmt: skip
        assert wanted in text, wanted
    newest, second, first = moves_of(people.card(), RULES)
    assert (newest.can_undo, second.can_undo, first.can_undo) == (False, False, True)
    assert (second.undone, first.undone) == (3, None)


def test_each_arrow_is_told_by_what_proved_it_though_several_share_an_id(people: People) -> None:
    """A lost deal was told as one that was won: both are T11."""
    card = people.card()
    told = {}
    for number, arrow in enumerate(RULES.stages.arrow):
        move = replace(card.moves[0], rule_id=arrow.id, via=arrow.via, to_stage=arrow.to, evidence=(f"{arrow.by}:x 1",))
        [row] = moves_of(replace(card, moves=(move,)), RULES)
        told[number] = (row.by, arrow.to == "" or row.to == stages_in(RULES).by_name[arrow.to].label)
    assert told == {n: (KINDS.get(one.by, words(one.by)), True) for n, one in enumerate(RULES.stages.arrow)}
    lost = replace(card.moves[0], rule_id="T11", via="crm", to_stage="recycle_b", evidence=())
    assert [row.to for row in moves_of(replace(card, moves=(lost,)), RULES)] == ["Recycle B"]


def test_evidence_of_a_score_names_the_hits_that_are_still_kept(people: People) -> None:
    card = people.card()
    [hit] = [hit for line in card.lines if line.name == "request" for hit in line.hits]
    moved = replace(card.moves[0], evidence=("score 113.8", f"request 50.00 hit {hit.hit_id}", "page_view 1.00 hit 7"))
    [row] = moves_of(replace(card, moves=(moved,)), RULES)
    assert row.evidence[0] == "Score 113.8"
    assert row.evidence[1].startswith("Request 50.00 (quote, ")
    assert row.evidence[2] == "Page view 1.00"
    assert row.can_undo


def test_what_sales_said_stands_with_what_was_taken_back(
    rep: Visitor, projection: Projection, people: People
) -> None:
    people.says("attempt", ago=2 * HOUR, reason="voicemail").says("attempt", ago=HOUR)
    first = people.card().decisions[-1]
    people.says("correction", reason="it was somebody else", said={"milestone": f"attempt:{first.milestone_id}"})
    shown(projection, people)
    rows = said_of(people.card())
    assert [(row.title, row.gone, bool(row.target)) for row in rows] == [
        ("Took back: Tried to reach them", False, True),
        ("Tried to reach them", False, True),
        ("Tried to reach them", True, False),
    ]
    text = part(page(rep), "said")
    assert "Tried to reach them Voicemail taken back" in text
    assert "Ines Duarte" in text
    assert "Tries 1" in said(page(rep))


def test_the_timeline_is_narrowed_without_a_script(rep: Visitor, projection: Projection, people: People) -> None:
    people.says("attempt", ago=HOUR)
    shown(projection, people)
    everything = part(page(rep), "timeline")
    for wanted in ("/pricing", "quote", "Tried to reach them", "Start → MQL"):
        assert wanted in everything
    for kind, there, gone in (("pages", "/pricing", "quote"), ("forms", "quote", "/pricing 2"),
                              ("sales", "Tried to reach them", "Start → MQL"), ("moves", "Start → MQL", "/pricing 2")):
        text = part(page(rep, query=f"?kind={kind}"), "timeline")
        assert there in text
        assert gone not in text
        assert "Show everything" in text
    assert "Nothing of that kind" in part(page(rep, query="?kind=mail"), "timeline")
    assert part(page(rep, query="?kind=nonsense&device=none"), "timeline") == everything


def test_a_long_timeline_is_folded_and_loses_nothing(rep: Visitor, projection: Projection, people: People) -> None:
    busy = tuple(Decision(people.now - n * HOUR, "attempt", f"a{n}", "", "Ines") for n in range(12))
    old = tuple(Decision(people.now - n * DAY, "attempt", f"d{n}", "", "Ines") for n in range(3, 15))
    card = replace(people.card(), decisions=(*busy, *old))
    days = timeline(card)
    parts = folded(days)
    assert len(parts.open) == 5
    assert [*parts.open, *parts.more] == days
    assert parts.hidden == sum(len(some) for _, some in parts.more)
    shown(projection, people, decisions=card.decisions)
    html = page(rep)
    assert f"{len(parts.more)} earlier days" in html
    assert html.count('class="is-said"') == len(card.decisions)


def test_a_device_is_asked_for_by_its_name(people: People) -> None:
    card = people.came(BO, name="Bo Vance", visitor="v-phone").merged(BO, ADA).card()
    asked = asked_in({"device": "Device 2"}, card)
    assert asked == Asked("", "Device 2")
    narrowed = [moment for _, some in timeline(card, asked) for moment in some]
    assert {moment.device for moment in narrowed} == {"Device 2"}
    assert 0 < len(narrowed) < sum(len(some) for _, some in timeline(card))


def test_who_it_is_names_browsers_and_leads_that_are_this_one_now(
    visitor: Visitor, projection: Projection, people: People
) -> None:
    people.came(BO, name="Bo Vance", visitor="v-phone").merged(BO, ADA)
    shown(projection, people, ADA, BO)
    signed_in(visitor, "leader")
    text = part(page(visitor), "who")
    for wanted in ("Device 1", "Device 2", "v-laptop", "v-phone", "kept hits", "Was also bo@vance-controls.example",
                   "merged by Lea Brandt: same signature", "take apart", "not theirs?"):  # fmt: skip
        assert wanted in text, wanted
    gone = said(page(visitor, BO))
    assert "This one turned out to be another person" in gone
    assert "What happened?" not in gone
    assert "Another person has the points now." in gone
    signed_in(visitor, "rep")
    assert "take apart" not in part(page(visitor), "who")
    assert "not theirs?" not in part(page(visitor), "who")


def test_browsers_come_with_what_came_through_them(people: People) -> None:
    [one] = browsers_of(people.card())
    assert (one.via, one.name, one.hits) == ("v-laptop", "Device 1", 7)
    assert (one.seen_at, one.lead_id) == (people.now - 2 * DAY + HOUR, ADA)
    people.came(BO, name="Bo Vance", visitor="v-phone").merged(BO, ADA)
    assert {one.via: one.lead_id for one in browsers_of(people.card())} == {"v-laptop": ADA, "v-phone": BO}


def test_whom_one_cannot_be_merged_with(people: People) -> None:
    people.came(BO, name="Bo Vance", visitor="v-phone")
    ada, bo = people.card(ADA), people.card(BO)
    assert objection_to_merge(bo, ada) == ""
    gone: LeadCard = replace(bo, merged_into=ADA)
    for one, into in ((bo, None), (bo, bo), (gone, ada), (ada, gone)):
        assert objection_to_merge(one, into)


def test_hostile_text_is_plain_text_in_every_part(visitor: Visitor, projection: Projection, people: People) -> None:
    evil = " ".join(HOSTILE)
    people.came(BO, name="Bo Vance", visitor="v-phone").merged(BO, ADA, reason=evil)
    card = people.card()
    lines = tuple(replace(line, hits=tuple(replace(hit, what=evil) for hit in line.hits)) for line in card.lines)
    moves = tuple(replace(one, evidence=(evil, f"requested:x {evil}"), actor=evil, via=evil) for one in card.moves)
    decisions = (Decision(people.now, "checked", evil, evil, evil, 0, ((evil, evil),)),)
    shown(projection, people, BO)
    shown(projection, people, lines=lines, moves=moves, decisions=decisions, name=evil, traits={evil: evil},
          visitors=(evil, *card.visitors))  # fmt: skip
    signed_in(visitor, "operator")
    for path in (f"/leads/{ADA}", f"/leads/{BO}/unmerge", f"/leads/{ADA}/browser?visitor={evil}",
                 f"/leads/{ADA}/merge?q={evil}", f"/leads/{ADA}?kind={evil}&sent={evil}"):  # fmt: skip
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        found = read(answer.text)
        assert not found.tags & {"img", "style"} - {"img"}
        assert "onerror" not in found.attributes
        assert "onload" not in found.attributes
        assert not [one for one in found.addresses if one.startswith("javascript:")]
        assert "onmouseover" not in found.attributes


def test_without_rules_the_card_is_still_shown(visitor: Visitor, projection: Projection, people: People) -> None:
    def broken() -> Any:
        raise RulesError("scoring.toml", "nonsense", line=3)

    shown(projection, people)
    desk = visitor.app.state.desk
    visitor.app.state.desk = replace(desk, sight=replace(desk.sight, known=rules_told(broken)))
    csrf = signed_in(visitor, "rep")
    text = said(page(visitor))
    assert "112.0" in text
    assert "The rules cannot be read, so nobody may be mailed." in text
    answer = visitor.post(f"/leads/{ADA}/checks", data={"csrf": csrf})
    assert answer.status_code == 503


@pytest.mark.parametrize(
    ("language", "words"), [("en", "time by our clock: the sender's was ahead"), ("ko", "보낸 쪽 시계가 앞서 있어")]
)
def test_the_timeline_says_where_a_time_is_ours(
    rep: Visitor, projection: Projection, people: People, language: str, words: str
) -> None:
    shown(projection, people)
    headers = {"accept-language": language}
    assert words not in rep.get(f"/leads/{ADA}", headers=headers).text
    seen = people.card(ADA).pages[0]
    shown(projection, people, version=Version(9, 9), by_our_clock=(Hit(seen.at, seen.hit_id, "too_late"),))
    assert said(rep.get(f"/leads/{ADA}", headers=headers).text).count(words) == 1
