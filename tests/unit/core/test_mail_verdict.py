"""Was it a person who clicked? The table of signs, row by row, on both sides of each boundary."""

from typing import Any

import pytest

from schemas.mail import NO_MAIL
from schemas.touches import Confirmation, MailEvent
from streams.core.mail.kept import heard_mail
from streams.core.mail.verdict import Judge, Judged
from streams.core.rulebook.mail_rules import MailNetwork, MailRules
from tests.unit.core.made import ANN, DAY, MINUTE, NOW, RULES, confirmed, mailed

CLICKED = NOW - DAY
ID = f"{ANN}.m1"
MUCH_LATER = CLICKED + 20 * MINUTE


def verdicts(
    said: list[MailEvent | Confirmation], *, as_of: int = MUCH_LATER, **rules: Any
) -> list[Judged]:
    """Verdicts of clicks, oldest first."""
    judge = Judge(MailRules(**rules))
    return list(judge.judged(heard_mail(NO_MAIL, said, RULES), as_of=as_of))[::-1]


def verdict(*said: MailEvent | Confirmation, as_of: int = MUCH_LATER, **rules: Any) -> str:
    """The verdict of the oldest click, with its reason: `machine: burst`."""
    one = verdicts(list(said), as_of=as_of, **rules)[0]
    return f"{one.verdict}: {one.reason}" if one.verdict == "machine" else one.verdict


def click(at: int = CLICKED, link: str = "1", **more: Any) -> MailEvent:
    return mailed("clicked", at, link=link, **({"click_id": ID} | more))


@pytest.mark.parametrize(
    ("later_ms", "dwell_ms", "touched", "expected"),
    [
        (1_000, 5_000, 1, "human"),
        (0, 5_000, 1, "human"),
        (-1, 5_000, 1, "probable_human"),  # before the click nothing can come of it
        (30 * MINUTE, 5_000, 1, "human"),
        (30 * MINUTE + 1, 5_000, 1, "probable_human"),
        (1_000, 4_999, 1, "probable_human"),
        (1_000, 5_000, 0, "probable_human"),  # sandboxes load pages in a real browser
    ],
)
def test_what_the_tracker_saw_makes_a_click_human(later_ms: int, dwell_ms: int, touched: int, expected: str) -> None:
    seen = confirmed(ID, CLICKED + later_ms, dwell_ms=dwell_ms, touched=touched)
    assert verdict(click(), seen, as_of=NOW) == expected


def test_a_confirmation_counts_only_for_its_own_click_and_visitor() -> None:
    assert verdict(click(), confirmed(f"{ANN}.m2", CLICKED)) == "probable_human"
    assert verdict(click(click_id=""), confirmed("", CLICKED)) == "probable_human"  # a provider's click without our id
    assert verdict(click(visitor_id="v1"), confirmed(ID, CLICKED, visitor="v1")) == "human"
    assert verdict(click(visitor_id="v1"), confirmed(ID, CLICKED, visitor="v2")) == "probable_human"


def test_a_confirmation_overrides_every_sign() -> None:
    signs = [click(sign="head"), click(CLICKED + 100, "2"), mailed("delivered", CLICKED - 1)]
    assert verdict(*signs) == "machine: asked for the head only"
    assert verdict(*signs, confirmed(ID, CLICKED + 500)) == "human"


@pytest.mark.parametrize(
    ("sign", "reason"),
    [
        ("head", "asked for the head only"),
        ("no_user_agent", "no user agent"),
        ("prefetch", "prefetched"),
        ("bot", "known bot"),
        ("something_new", "something_new"),
    ],
)
def test_certain_signs(sign: str, reason: str) -> None:
    assert verdict(click(sign=sign), as_of=CLICKED) == f"machine: {reason}"


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "machine: known bot"),
        ("curl/8.5", "machine: known bot"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "probable_human"),
    ],
)
def test_the_catalogue_of_bots_is_asked(agent: str, expected: str) -> None:
    assert verdict(click(user_agent=agent)) == expected


@pytest.mark.parametrize(
    ("after_ms", "expected"),
    [
        (1_999, "machine: right after delivery"),
        (2_000, "probable_human"),
        (-5_000, "machine: right after delivery"),  # scanned before it was handed over
    ],
)
def test_less_than_two_seconds_after_the_delivery(after_ms: int, expected: str) -> None:
    assert verdict(mailed("delivered", CLICKED - after_ms), click()) == expected


def test_what_was_sent_proves_nothing_and_the_earliest_delivery_decides() -> None:
    assert verdict(mailed("sent", CLICKED - 1), click()) == "probable_human"
    twice = [mailed("delivered", CLICKED - 1), mailed("delivered", CLICKED - 60_000)]
    assert verdict(*twice, click()) == "probable_human"
    assert verdict(mailed("delivered", CLICKED - 1, "m2"), click()) == "probable_human"


@pytest.mark.parametrize(
    ("apart_ms", "link", "message", "expected"),
    [
        (1_000, "2", "m1", "machine: burst"),
        (1_001, "2", "m1", "probable_human"),
        (0, "2", "m1", "machine: burst"),
        (500, "2", "m2", "probable_human"),
        (500, "1", "m1", "probable_human"),
        (500, "", "m1", "probable_human"),  # a provider that does not say which link
    ],
)
def test_two_links_of_one_message_within_a_second(apart_ms: int, link: str, message: str, expected: str) -> None:
    other = mailed("clicked", CLICKED + apart_ms, message, link=link)
    assert verdict(click(), other) == expected
    assert verdict(other, click()) == expected  # known late, or first
    assert {one.verdict for one in verdicts([other, click()])} == {expected.partition(":")[0]}


def test_a_burst_makes_machines_of_all_its_clicks_also_afterwards() -> None:
    burst = [click(CLICKED + n * 900, str(n)) for n in range(4)]
    assert {one.reason for one in verdicts([*burst])} == {"burst"}
    assert verdict(burst[0], as_of=MUCH_LATER) == "probable_human"


def hidden(at: int, message: str = "m1", **more: Any) -> MailEvent:
    return mailed("hidden_link", at, message, **more)


WHERE = {"ip": "203.0.113.0", "user_agent": "Mozilla/5.0 Gateway"}


@pytest.mark.parametrize(
    ("trap", "expected"),
    [
        (hidden(CLICKED - 10_000), "machine: hidden link"),
        (hidden(CLICKED - 10_001), "probable_human"),
        (hidden(CLICKED + 10_000), "machine: hidden link"),
        (hidden(CLICKED + 10_001), "probable_human"),
        (hidden(CLICKED, "m2"), "probable_human"),
        (hidden(CLICKED - 15 * MINUTE, "m2", **WHERE), "machine: hidden link"),
        (hidden(CLICKED - 15 * MINUTE - 1, "m2", **WHERE), "probable_human"),
        (hidden(CLICKED + 1, "m2", **WHERE), "probable_human"),
        (hidden(CLICKED - MINUTE, "m2", **(WHERE | {"user_agent": "other"})), "probable_human"),
        (hidden(CLICKED - MINUTE, "m2", **(WHERE | {"ip": "198.51.100.0"})), "probable_human"),
    ],
)
def test_a_hidden_link_that_was_fetched(trap: MailEvent, expected: str) -> None:
    assert verdict(trap, click(**WHERE), hidden_links=True) == expected
    assert verdict(trap, click(**WHERE)) == "probable_human"  # off unless it is wanted


def test_nobody_s_address_is_no_network_in_common() -> None:
    assert verdict(hidden(CLICKED - MINUTE, "m2"), click(), hidden_links=True) == "probable_human"


def network(trust: Any, scope: Any = "all", ranges: tuple[str, ...] = ("203.0.113.0/24",)) -> MailNetwork:
    return MailNetwork(name="gateway", ranges=ranges, trust=trust, scope=scope)


@pytest.mark.parametrize(
    ("scope", "ip", "expected"),
    [
        ("all", "203.0.113.0", "machine: scanner network"),
        ("clicks", "203.0.113.7", "machine: scanner network"),
        ("all", "203.0.113.0/24", "machine: scanner network"),
        ("opens", "203.0.113.0", "probable_human"),
        ("all", "203.0.114.0", "probable_human"),
        ("all", "", "probable_human"),
        ("all", "no address", "probable_human"),
    ],
)
def test_a_certain_network(scope: str, ip: str, expected: str) -> None:
    assert verdict(click(ip=ip), network=(network("certain", scope),)) == expected


def test_of_several_entries_the_surest_counts() -> None:
    both = (network("probable"), network("certain"))
    assert verdict(click(ip="203.0.113.0"), network=both) == "machine: scanner network"


@pytest.mark.parametrize(
    ("trust", "delivered_ms", "opened_ms", "expected"),
    [
        ("probable", 29_999, None, "machine: probable network, at once and before any open"),
        ("probable", 30_000, None, "probable_human"),
        ("probable", None, None, "probable_human"),  # one weak sign alone is nothing
        ("", 29_999, None, "probable_human"),
        ("probable", 29_999, -1, "machine: probable network, at once and before any open"),  # opened afterwards
        ("probable", 29_999, 0, "probable_human"),
    ],
)
def test_two_weak_signs(trust: str, delivered_ms: int | None, opened_ms: int | None, expected: str) -> None:
    said: list[MailEvent | Confirmation] = [click(ip="203.0.113.0")]
    said += [] if delivered_ms is None else [mailed("delivered", CLICKED - delivered_ms)]
    said += [] if opened_ms is None else [mailed("opened", CLICKED - opened_ms)]
    assert verdict(*said, network=(network(trust),) if trust else ()) == expected


@pytest.mark.parametrize(
    ("age_ms", "expected", "settles_at"),
    [
        (0, "pending", CLICKED + 15 * MINUTE),
        (15 * MINUTE - 1, "pending", CLICKED + 15 * MINUTE),
        (15 * MINUTE, "probable_human", None),
    ],
)
def test_a_click_is_pending_for_a_quarter_of_an_hour(age_ms: int, expected: str, settles_at: int | None) -> None:
    one = verdicts([click()], as_of=CLICKED + age_ms)[0]
    assert (one.verdict, one.settles_at) == (expected, settles_at)


def test_a_range_may_be_written_by_any_of_its_addresses() -> None:
    listed = (network("certain", ranges=("203.0.113.77/24",)),)
    assert verdict(click(ip="203.0.113.0"), network=listed) == "machine: scanner network"


def test_a_verdict_says_why() -> None:
    seen = [click(), click(CLICKED + MINUTE, "2"), click(CLICKED + 20 * MINUTE, "3"), confirmed(ID, CLICKED + 2)]
    assert [one.reason for one in verdicts(seen)] == ["seen on the site", "no sign of a machine", "too young to tell"]


def test_what_became_of_a_message_later_does_not_count_before() -> None:
    said = [click(), mailed("delivered", CLICKED + 1)]
    assert [one.verdict for one in verdicts(said, as_of=CLICKED)] == ["pending"]
    assert [one.verdict for one in verdicts(said, as_of=CLICKED + 1)] == ["machine"]


def test_at_a_past_time_only_what_had_happened_counts() -> None:
    said = [click(), click(CLICKED + 500, "2"), confirmed(ID, CLICKED + 60_000)]
    assert verdicts(said, as_of=CLICKED - 1) == []
    assert [one.verdict for one in verdicts(said, as_of=CLICKED)] == ["pending"]
    assert [one.verdict for one in verdicts(said, as_of=CLICKED + 500)] == ["machine", "machine"]
    assert [one.verdict for one in verdicts(said, as_of=CLICKED + 60_000)] == ["human", "human"]


@pytest.mark.parametrize(("apart_ms", "clicks"), [(1, 1), (2_000, 1), (2_001, 2)])
def test_the_same_link_twice_within_two_seconds_is_one_click(apart_ms: int, clicks: int) -> None:
    assert len(verdicts([click(event="a"), click(CLICKED + apart_ms, event="b")])) == clicks


@pytest.mark.parametrize("machine_first", [False, True])
def test_of_twins_the_person_stays(machine_first: bool) -> None:
    """Scanners fire milliseconds beside the person: never discard both."""
    signs = ("head", "") if machine_first else ("", "head")
    twins = [click(CLICKED + n * 40, sign=sign, event=str(n)) for n, sign in enumerate(signs)]
    told = verdicts(list(twins))
    assert [one.verdict for one in told] == ["probable_human"]
    assert told[0].click.at == twins[machine_first].at


def test_of_equal_twins_the_fresher_stays_and_a_row_of_them_does_not_grow() -> None:
    told = verdicts([click(CLICKED + n * 1_500, event=str(n)) for n in range(3)])
    assert [one.click.at - CLICKED for one in told] == [1_500, 3_000]


def test_clicks_whose_link_nobody_named_are_no_twins() -> None:
    assert len(verdicts([click(link="", event="a"), click(CLICKED + 1, link="", event="b")])) == 2


@pytest.mark.parametrize(
    ("trust", "text"),
    [("certain", "10.0.0.0/15"), ("certain", "2001:db8::/31"), ("probable", "203.0.113.0/25"),
     ("probable", "2001:db8::/49")],
)  # fmt: skip
def test_networks_that_can_mean_nothing_are_refused(trust: Any, text: str) -> None:
    with pytest.raises(ValueError, match=r"too wide|narrower"):
        network(trust, ranges=(text,))


@pytest.mark.parametrize("text", ["10.0.0.0/16", "2001:db8::/32", "203.0.113.0/24", "2001:db8::/48"])
def test_networks_at_the_edge_are_taken(text: str) -> None:
    assert network("certain", ranges=(text,)).ranges == (text,)
