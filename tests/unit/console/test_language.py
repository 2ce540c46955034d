"""In which language the console answers, and how dates, spans and texts with values are said in it."""

import pytest

from streams.console import shown
from streams.console.tongue import ENGLISH, N_, filled, tongue_of
from tests.unit.console.samples import Samples
from tests.unit.console.visitor import Visitor, signed_in

NOW = 1_790_000_000_000  # 2026-09-21T14:13:20Z
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
KOREAN = tongue_of("ko")


@pytest.mark.parametrize(
    ("asks", "language"),
    [
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"), ("KO", "ko"), ("en-GB,ko;q=0.9", "en"),
        ("ko;q=0.2, en;q=0.8", "en"), ("ja,zh;q=0.9,ko;q=0.1", "ko"), ("ko;q=0", "en"), ("fr", "en"), ("", "en"),
        ("ko;q=much,en;q=0.1", "en"), (";;,,=,q=", "en"), ("x" * 5_000 + ",ko", "en"),
    ],
)  # fmt: skip
def test_the_first_language_that_a_browser_asks_for_and_we_have(visitor: Visitor, asks: str, language: str) -> None:
    page = visitor.get("/login", headers={"accept-language": asks})
    assert f'<html lang="{language}"' in page.text
    assert ("로그인" in page.text) == (language == "ko")


def test_a_choice_outranks_what_the_browser_asks_for_until_it_is_taken_back(visitor: Visitor) -> None:
    csrf, asks = signed_in(visitor, "viewer"), {"accept-language": "ko"}
    for chosen, language in (("en", "en"), ("ko", "ko"), ("", "ko"), ("tlh", "ko")):
        answer = visitor.post("/me/language", data={"csrf": csrf, "language": chosen}, headers=asks)
        assert (answer.status_code, answer.headers["location"]) == (303, "/me")
        page = visitor.get("/me", headers=asks).text
        assert f'<html lang="{language}"' in page
        assert f'value="{chosen if chosen in ("en", "ko") else ""}" checked' in page


def test_a_choice_from_elsewhere_is_none(rep: Visitor) -> None:
    assert rep.post("/me/language", data={"csrf": "guessed", "language": "ko"}).status_code == 403
    rep.cookies.set("leadstream_language", "../../etc", domain="testserver.local")
    assert '<html lang="en"' in rep.get("/me").text


@pytest.mark.parametrize(
    ("apart_ms", "text"),
    [
        (0, "방금"), (-3 * MINUTE, "3분 전"), (-3 * DAY, "3일 전"), (-47 * DAY, "1개월 전"),
        (9 * HOUR, "9시간 후"), (9, "곧"),
    ],
)  # fmt: skip
def test_a_time_is_relative_as_korean_says_it(apart_ms: int, text: str) -> None:
    assert f">{text}<" in shown.ago(NOW + apart_ms, NOW, KOREAN)


def test_days_spans_amounts_and_names_follow_korean_custom() -> None:
    assert shown.day(NOW, KOREAN) == "2026년 9월 21일"
    assert shown.moment(NOW, KOREAN) == "2026년 9월 21일 14:13 UTC"
    assert [shown.span(ms, KOREAN) for ms in (48_000, 74_000, 120_000, 7_380_000)] == [
        "48초", "1분 14초", "2분", "2시간 3분",
    ]  # fmt: skip
    assert shown.money(None, "KRW", KOREAN) == "금액 미상"
    assert shown.money(320_000_000.0, "KRW", KOREAN) == "₩320,000,000"
    assert [shown.stage(name, KOREAN) for name in ("mql", "won", "own")] == ["MQL", "수주", "own"]
    assert shown.reason("pricing_page 19.1", KOREAN) == "가격 페이지 19.1"
    assert shown.words("a name that nobody knows", KOREAN) == "A name that nobody knows"


def test_a_text_with_values_is_english_until_it_is_said() -> None:
    text = filled(N_("Information only: no contact before %(day)s, unless they ask for it."), day=shown.OnDay(NOW))
    assert text == "Information only: no contact before 21 Sep 2026, unless they ask for it." == ENGLISH.say(text)
    assert KOREAN.say(text) == "참고용: 상대가 요청하지 않는 한 2026년 9월 21일 이전에는 연락하지 마세요."


def test_of_what_stands_in_a_text_only_our_own_words_are_translated() -> None:
    """Somebody may be called as a month is."""
    assert KOREAN.say(filled(N_("%(who)s was faster and has this already."), who="May")) == "May 님이 먼저 맡았습니다."
    assert KOREAN.say(filled(N_("Took back: %(what)s"), what=filled("Not now"))) == "취소함: 지금은 아님"
    assert KOREAN.say(filled("100% of them")) == "100% of them"


def test_two_people_with_two_languages_see_one_console(rep: Visitor, filled: Samples) -> None:
    korean, english = ({"accept-language": one} for one in ("ko", "en"))
    for _ in range(2):
        assert "<h1>받은 알림</h1>" in rep.get("/", headers=korean).text
        assert "<h1>Inbox</h1>" in rep.get("/", headers=english).text
