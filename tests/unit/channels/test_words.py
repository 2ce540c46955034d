"""What people read: the six lines in their language, and nothing from outside that could rearrange them."""

import string
import tomllib
from time import time_ns

import pytest
from msgspec.structs import replace

from schemas.posts import Ahead, Digest, Post
from streams.channels.slack.choices import CHOICES
from streams.channels.words.message import Words
from streams.channels.words.phrases import PHRASES
from streams.console.tongue import tongue_of
from streams.core.written import words
from streams.rules_files import PACKAGED
from tests.unit.console.samples import HOSTILE, Samples
from tests.unit.core.made import NAMING, example_rules

ROUTING = """
[[rep]]
email = "kim@us.example"
name = "Kim"
timezone = "Asia/Seoul"
language = "ko"

[[rep]]
email = "lee@us.example"
"""
RULES = example_rules(routing=ROUTING)
KIM, LEE = NAMING.recipient_of("kim@us.example"), NAMING.recipient_of("lee@us.example")
NOW = time_ns() // 1_000_000
ALERT = Samples(now=1_774_000_000_000).alert()  # 20 March 2026, 09:46 UTC
WORDS = Words(RULES.routing, console_url="https://c.example/")


def post(to: str = LEE, occasion: str = "raised", detail: str = "") -> Post:
    made = Post(to=to, post_id="po_1", level="real_time", at=NOW, alert=ALERT, detail=detail)
    return replace(made, occasion=occasion)


def test_an_alert_is_told_in_six_lines() -> None:
    told = WORDS.alert(post())
    assert told.subject == "Northwind Robotics: back after 45 days"
    assert [line.label for line in told.lines] == [
        "Northwind Robotics", "Lost deal", "Who", "Looked at", "Score", "Next",
    ]  # fmt: skip
    text = {line.label: line.text for line in told.lines}
    assert "€148,000" in text["Lost deal"]
    assert "reason: Price" in text["Lost deal"]
    assert text["Who"].startswith("2 people: Mara Lindqvist (Head of Production, on the deal, proven); Tomás Vega")
    assert text["Score"].startswith("101.6 · grade A1 · Pricing page 19.1")
    assert text["Score"].endswith(f"R {ALERT.strength.strength}")
    assert text["Next"] == ALERT.next_act
    assert (told.url, told.badge, told.status) == (f"https://c.example/alerts/{ALERT.alert_id}", "Real-time", "")


def test_a_rep_reads_it_in_his_own_language() -> None:
    told = WORDS.alert(post(KIM))
    assert told.subject == "Northwind Robotics: 45일 만에 재방문"
    assert [line.label for line in told.lines][1:] == ["실주 딜", "방문자", "본 페이지", "점수", "다음 행동"]
    assert "사유: 가격" in told.lines[1].text
    assert told.open_text == "Leadstream에서 열기"


def test_days_are_those_of_the_recipients_time_zone() -> None:
    late = replace(ALERT, deal=replace(ALERT.deal, lost_at=1_767_222_000_000))  # 31 December 2025, 23:00 UTC
    assert "lost on 31 Dec 2025" in WORDS.alert(replace(post(), alert=late)).lines[1].text
    assert "2026년 1월 1일 실주" in WORDS.alert(replace(post(KIM), alert=late)).lines[1].text


@pytest.mark.parametrize(
    ("occasion", "detail", "said"),
    [
        ("raised", "", ""),
        ("reminder", "", "nobody has claimed"),
        ("reminder", "hold_over", "you may contact them from now on"),
        ("reminder", "outcome", "What came of it?"),
        ("escalation", KIM, "as the leader"),
        ("deputy", KIM, "You stand in for Kim."),
        ("deputy", "rep:gone", "You stand in for a colleague."),
        ("taken", "Kim", "Already taken by Kim."),
        ("broke_through", "request:1, person:2, person:3", "somebody asked for contact, another known person is back."),
    ],
)
def test_why_it_is_told_again_is_said(occasion: str, detail: str, said: str) -> None:
    told = WORDS.alert(post(occasion=occasion, detail=detail)).occasion
    assert said in told
    assert bool(told) == bool(said)


@pytest.mark.parametrize("occasion", [
    "raised", "broke_through", "woke", "reminder", "escalation", "passed_on", "copy", "taken", "deputy",
])  # fmt: skip
@pytest.mark.parametrize("to", [KIM, LEE])
def test_every_occasion_has_its_words(occasion: str, to: str) -> None:
    assert bool(WORDS.alert(post(to, occasion)).occasion) == (occasion != "raised")


def test_a_digest_has_its_alerts_what_is_ahead_and_how_many_wait() -> None:
    ahead = Ahead(account_id="a.example", account_name="", deal=ALERT.deal, reason="hold_ends", at=ALERT.as_of)
    made = Digest(to=LEE, post_id="di_1", at=NOW, posts=(post(),), ahead=(ahead,), waiting=1)
    told = WORDS.digest(made)
    assert (told.subject, told.waiting) == ("1 lost account is back", "1 more waits for the next digest.")
    assert [one.subject for one in told.alerts] == ["Northwind Robotics: back after 45 days"]
    assert (told.ahead[0].label, told.url) == ("a.example", "https://c.example/")
    assert told.ahead[0].text.startswith("hold ends on 20 Mar 2026 · €148,000")


def test_without_a_public_address_there_is_no_link() -> None:
    assert Words(RULES.routing).alert(post()).url == ""


def test_a_hold_is_said_to_those_who_do_not_read_the_language_of_the_rules() -> None:
    held = replace(ALERT, hold_until=ALERT.as_of)
    assert WORDS.alert(replace(post(KIM), alert=held)).lines[5].text.startswith("참고용: 2026년 3월 20일")
    assert WORDS.alert(replace(post(), alert=held)).lines[5].text == ALERT.next_act


def test_all_six_lines_are_korean_as_far_as_they_are_ours() -> None:
    people = tuple(replace(one, reasons=("Pricing page 19.1", "pricing_page 9.0", "My own rule 3.0", "Cap of web -1.9"))
                   for one in ALERT.people)  # fmt: skip
    page = ALERT.pages[0]
    pages = tuple(page._replace(path=f"/{ms}", dwell_ms=ms) for ms in (7_385_000, 74_000, 60_000, None, 9))
    card = replace(ALERT, people=(*people, *people), pages=pages, next_act="Value case first. No discount.",
                   talking_point="What keeps what they have from working across teams.")  # fmt: skip
    told = WORDS.alert(replace(post(KIM), alert=card))
    text = {line.label: line.text for line in told.lines}
    assert text["본 페이지"] == ("/7385000 (가격 페이지, 2시간 3분) · /74000 (가격 페이지, 1분 14초) · "
                             "/60000 (가격 페이지, 1분) · /None (가격 페이지, 시간 미측정) · 외 1건")  # fmt: skip
    assert text["방문자"].startswith("4명: ")
    assert text["방문자"].endswith(" · 외 1명")
    assert " · 가격 페이지 19.1, 가격 페이지 9.0, My own rule 3.0 · R " in text["점수"]
    assert text["다음 행동"] == ("가치 사례부터 제시하세요. 할인은 하지 않습니다. · "
                             "대화 주제: 지금 쓰는 것이 팀 간에 통하지 않는 이유")  # fmt: skip


def test_a_hold_is_said_once_before_the_korean_of_an_act() -> None:
    act = "Information only: no contact before 2026-03-20. Then: Value case first. No discount."
    held = replace(ALERT, hold_until=ALERT.as_of, next_act=act)
    assert WORDS.alert(replace(post(KIM), alert=held)).lines[5].text == (
        "참고용: 2026년 3월 20일 이전에는 연락하지 마세요 · 가치 사례부터 제시하세요. 할인은 하지 않습니다."
    )


def test_a_thing_is_called_the_same_in_messages_and_in_the_console() -> None:
    """Rules, as reasons name them, and kinds of pages."""
    rules = {name: tomllib.loads((PACKAGED / f"{name}.toml").read_text()) for name in ("scoring", "site")}
    labels = [one["label"] for one in rules["scoring"]["rule"]]
    groups = {one["group"] for one in rules["scoring"]["rule"] if "group" in one}
    console, messages = tongue_of("ko"), PHRASES["ko"]
    for label in (*labels, *(f"Cap of {one}" for one in groups), "Bounds of fit", "Bounds of engagement"):
        assert messages[f"name:{label}"] == console.say(label)
    for kind in {one["kind"] for one in rules["site"]["page"]}:
        assert messages[f"name:{kind}"] == console.say(words(kind))


def test_an_answer_is_called_the_same_in_slack_and_in_the_console() -> None:
    console = tongue_of("ko")
    for language, say in (("en", str), ("ko", console.say)):
        dismiss = CHOICES[language]["dismiss"]
        for value in ("wrong_company", "student", "competitor", "job_seeker", "partner"):
            assert dismiss.options[value] == say(words(value))
        assert dismiss.name == say("Not a fit…").rstrip("…")
        assert PHRASES[language]["verb:claim"] == say("Claim")
        assert PHRASES[language]["verb:release"] == say("Give back")
        assert PHRASES[language]["verb:snooze"] == say("Snooze")
        assert PHRASES[language]["verb:reopen_deal"] == say("Reopen deal")


@pytest.mark.parametrize("hostile", [*HOSTILE, "a\r\nBcc: x@evil.example", "\u202eevil", "x" * 5_000])
def test_what_comes_from_outside_stays_on_its_line_and_short(hostile: str) -> None:
    people = tuple(replace(one, name=hostile, title=hostile, grade=hostile, reasons=(hostile,)) for one in ALERT.people)
    deal = replace(ALERT.deal, lost_reason=hostile, competitor=hostile, lost_stage=hostile, currency=hostile[:3])
    card = replace(ALERT, account_name=hostile, people=people, deal=deal, next_act=hostile, talking_point=hostile,
                   pages=tuple(one._replace(path=hostile) for one in ALERT.pages), claimed_by=hostile,
                   status="claimed")  # fmt: skip
    told = WORDS.alert(replace(post(), alert=card))
    for text in (told.subject, told.status, *(one.text for one in (*told.lines, *told.more))):
        assert text.isprintable()
        assert len(text) < 2_000


def test_both_languages_say_the_same_things_with_the_same_places() -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english, korean = PHRASES["en"], PHRASES["ko"]
    assert {one for one in korean if not one.startswith("name:")} == set(english)
    assert [one for one in english if places(english[one]) != places(korean[one])] == []
