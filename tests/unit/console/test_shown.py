"""How values are written for people."""

import pytest
from msgspec.structs import replace

from streams.console import shown
from streams.console.tongue import tongue_of
from tests.unit.console.samples import Samples

NOW = 1_790_000_000_000  # 2026-09-21T14:13:20Z
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("apart_ms", "text"),
    [
        (0, "just now"), (-59_000, "just now"), (-3 * MINUTE, "3 min ago"), (-HOUR, "1 h ago"),
        (-23 * HOUR, "23 h ago"),
        (-DAY, "1 day ago"), (-5 * DAY, "5 days ago"), (-47 * DAY, "1 month ago"), (-800 * DAY, "2 years ago"),
        (30_000, "in a moment"), (9 * HOUR, "in 9 h"), (2 * DAY, "in 2 days"),
    ],
)  # fmt: skip
def test_a_time_is_relative_with_the_exact_one_in_its_title(apart_ms: int, text: str) -> None:
    written = shown.ago(NOW + apart_ms, NOW)
    assert f">{text}<" in written
    assert f'title="{shown.iso(NOW + apart_ms)}"' in written


@pytest.mark.parametrize(
    ("at", "iso"),
    [(NOW, "2026-09-21T14:13:20Z"), (-5, "1970-01-01T00:00:00Z"), (10**18, "9999-12-31T23:59:59Z")],
)
def test_a_senseless_time_does_not_break_the_page(at: int, iso: str) -> None:
    assert shown.iso(at) == iso


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (148_000.0, "EUR", "€148,000"), (320_000_000.0, "krw", "₩320,000,000"), (18_500.0, "DKK", "DKK 18,500"),
        (19.5, "USD", "$19.50"), (1_234.56, "USD", "$1,235"), (7.0, None, "7"), (None, "EUR", "amount unknown"),
    ],
)  # fmt: skip
def test_amounts_have_their_currency_and_thousands(amount: float | None, currency: str | None, text: str) -> None:
    assert shown.money(amount, currency) == text


@pytest.mark.parametrize(
    ("tenths", "text"), [(1_016, "101.6"), (0, "0.0"), (5, "0.5"), (-19, "\u22121.9"), (12_345, "1,234.5")]
)
def test_scores_have_one_decimal(tenths: int, text: str) -> None:
    assert shown.tenths(tenths) == text


@pytest.mark.parametrize(
    ("ms", "text"), [(4_999, "4 s"), (74_000, "1 min 14 s"), (120_000, "2 min"), (7_380_000, "2 h 3 min")]
)
def test_attention_is_told_in_its_largest_units(ms: int, text: str) -> None:
    assert shown.span(ms) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("Ann\x00\x1b[31m", "Ann[31m", id="controls"),
        pytest.param("Ann\nBob\tCid", "Ann Bob Cid", id="line ends"),
        pytest.param("invoice\u202efdp.exe", "invoicefdp.exe", id="turned text"),
        pytest.param("pay\u200bpal", "paypal", id="zero width"),
        pytest.param("강물 Tomás नमस्\u200dते", "강물 Tomás नमस्\u200dते", id="letters of the world stay"),
    ],
)
def test_invisible_characters_do_not_reach_the_page(text: str, kept: str) -> None:
    assert shown.plain(text) == kept


def test_names_of_rules_become_words() -> None:
    assert [shown.words(name) for name in ("pricing_page 19.1", "crm", "")] == ["Pricing page 19.1", "CRM", ""]


def test_the_next_act_of_the_rules_that_come_with_us_is_said_in_both_languages() -> None:
    act = "Information only: no contact before 2026-09-21. Then: Value case first. No discount."
    held = replace(Samples(now=NOW).alert(), hold_until=NOW, next_act=act)
    korean = tongue_of("ko")
    assert shown.next_act(held) == act.replace("2026-09-21", "21 Sep 2026")
    assert shown.next_act(held, korean) == (
        "참고용: 상대가 요청하지 않는 한 2026년 9월 21일 이전에는 연락하지 마세요. "
        "가치 사례부터 제시하세요. 할인은 하지 않습니다."
    )
    free = replace(held, hold_until=None, next_act="Value case first. No discount.")
    assert shown.next_act(free, korean) == "가치 사례부터 제시하세요. 할인은 하지 않습니다."
    own = replace(free, next_act="Call them.")
    assert shown.next_act(own, korean) == "Call them."
