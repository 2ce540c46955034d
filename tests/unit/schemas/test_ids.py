"""Ids follow from what they name; what says nothing is no id."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BadId
from schemas.ids import (
    Naming,
    account_id_of,
    alert_id_of,
    clean_id,
    deal_id_of,
    derived_message_id,
    digest_id_of,
    hit_id_of,
    is_deal,
    normalised_email,
    post_id_of,
    registrable_domain,
    transition_key,
)

NAMING = Naming(b"a secret for tests, 32 bytes long")


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("v1", "v1"), (" v1 ", "v1"), (17, "17"), ("00", "00"), (None, None), ("", None), ("null", None),
        ("undefined", None), ("NULL", None), (0, None), ("0", None), ("-1", None), ("[object Object]", None),
        ("00000000-0000-0000-0000-000000000000", None), ("anonymous", None), ("x" * 128, "x" * 128),
    ],
)  # fmt: skip
def test_placeholders_are_no_ids(said: str | int | None, read: str | None) -> None:
    assert clean_id(said) == read


def test_an_id_is_at_most_128_characters() -> None:
    with pytest.raises(BadId):
        clean_id("x" * 129)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Ann@Acme.Example ", "ann@acme.example"), ("a.b+c@acme.co.kr", "a.b+c@acme.co.kr"),
        ("김@회사.example", "김@회사.example"),
        ("nobody", None), ("@acme.example", None), ("ann@acme", None), ("ann@@acme.example", None), ("", None),
        ("ann@.example", None), ("ann@acme.", None), ("ann@a..b", None), ("a b@acme.example", None),
        ("ann@acme.example\r\nbcc: x@y.example", None), ("ann\u200b@acme.example", None),
        ("\u202eann@acme.example", None),
        ("<ann@acme.example>", None), ("a,b@acme.example", None), ("x" * 400 + "@acme.example", None),
    ],
)  # fmt: skip
def test_an_email_is_one_address_in_lower_case_or_none(said: str, read: str | None) -> None:
    assert normalised_email(said) == read


@pytest.mark.parametrize(
    ("domain", "registered"),
    [
        ("acme.com", "acme.com"), ("shop.acme.com", "acme.com"), ("mail.acme.co.kr", "acme.co.kr"),
        ("ACME.COM.", "acme.com"),
        ("co.kr", None), ("gmail.com", None), ("hanmail.net", None), ("kakao.com", None),
        ("naver.com", None), ("", None),
    ],
)  # fmt: skip
def test_an_account_is_the_domain_that_a_company_registered(domain: str, registered: str | None) -> None:
    assert registrable_domain(domain) == registered
    assert account_id_of(f"ann@{domain}") == registered


def test_pseudonyms_need_the_secret_and_keep_kinds_apart() -> None:
    other = Naming(b"another secret, also 32 bytes long")
    names = {
        NAMING.lead_of_email("ann@acme.example"),
        NAMING.lead_of_user("ann@acme.example"),
        NAMING.lead_of_user("ann@acme.example", space="shop"),
        other.lead_of_email("ann@acme.example"),
    }
    assert len(names) == 4
    assert all(len(name) == 32 and "ann" not in name for name in names)


@pytest.mark.parametrize(
    ("anonymous", "user", "visitor"),
    [("v1", None, "v1"), ("v1", "u1", "v1"), (17, None, "17"), ("null", "u1", NAMING.visitor_of(None, "u1")),
     (None, None, None), ("undefined", 0, None)],
)  # fmt: skip
def test_a_visitor_is_the_browser_else_the_users_pseudo_visitor(anonymous: Any, user: Any, visitor: str | None) -> None:
    assert NAMING.visitor_of(anonymous, user) == visitor


def test_a_pseudo_visitor_does_not_name_its_user() -> None:
    visitor = NAMING.visitor_of(None, "u1")
    assert visitor is not None
    assert visitor.startswith("user:")
    assert "u1" not in visitor


@given(source=st.text(max_size=4), message=st.text(max_size=4), other=st.text(max_size=4))
def test_a_hit_id_is_a_positive_64_bit_number_of_source_and_message(source: str, message: str, other: str) -> None:
    assert 0 <= hit_id_of(source, message) < 2**63
    assert (hit_id_of(source, message) == hit_id_of(source, other)) is (message == other)


def test_keys_of_signals_say_what_they_are() -> None:
    assert is_deal(deal_id_of("generic", "42"))
    assert not is_deal("acme.example")
    assert not is_deal("crm:generic:acme")


def test_alerts_posts_and_transitions_are_named_by_what_they_say() -> None:
    alert = alert_id_of("deal:generic:42", 1)
    assert alert == alert_id_of("deal:generic:42", 1) != alert_id_of("deal:generic:42", 2)
    posts = {post_id_of(alert, level, to) for level in ("digest", "real_time") for to in ("rep:a", "team:sales")}
    assert len(posts) == 4
    digests = {digest_id_of(to, day) for to in ("rep:a", "team:sales") for day in (1, 2)}
    assert len(digests) == 4
    assert digest_id_of("rep:a", 1) in digests
    assert all(one.startswith("di_") for one in digests)
    assert transition_key("lead", 3) == "lead:3"


def test_an_event_without_an_id_gets_one_that_follows_from_it() -> None:
    made = derived_message_id("page", anonymous_id="v1", user_id=None, at="2026-01-01", name="/pricing")
    assert made == derived_message_id("page", anonymous_id="v1", user_id=None, at="2026-01-01", name="/pricing")
    assert made != derived_message_id("page", anonymous_id="v1", user_id=None, at="2026-01-01", name="/docs")


def test_ids_are_the_same_for_ever() -> None:
    """Rows, links in mails and what other systems keep name them: another way of hashing would orphan all of it."""
    naming = Naming(b"a secret for tests, 32 bytes long")
    assert hit_id_of("site", "m1") == 275533132957916461
    assert hit_id_of("shop", "m1") == 8649725429369951624
    assert naming.lead_of_email("ann@acme.example") == "a209dc5d4ac570ecccbc198b18a038ea"
    assert naming.lead_of_user("u1") == "79949d94bb38c0ed4d000b985f73c840"
    assert naming.lead_of_user("u1", space="shop") == "9d786d37db04d3d11831d1781f068129"
    assert naming.recipient_of("rep@us.example") == "rep:ac88a831e19fbff74d448e0db73853c7"
