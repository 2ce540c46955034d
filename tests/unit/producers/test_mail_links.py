"""Tokens of mail links: made by us, read by us, of one kind each; and where a link may lead."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from producers.errors import BadLink, BadTarget
from producers.mail.links import DAY_MS, Links
from producers.mail.targets import checked_target, with_click
from tests.unit.producers.desk import NOW
from tests.unit.producers.mails import ANN, KEY, OLD, link, sent, signer

GOOD = [
    "https://acme.example", "http://127.0.0.1:8080/p?a=1&b=%20#top", "https://a-b.example/x/(y)/~z;v=1,2?q='a'|b[0]",
    "https://acme.example?x=1", "https://acme.example/@ann", "HTTPS://ACME.example/p",
]  # fmt: skip


@pytest.mark.parametrize("url", GOOD)
def test_a_plain_address_may_be_linked_and_comes_back_as_it_was(url: str) -> None:
    made = signer().token("click", link(to=url, number="1", program_id="spring"))
    assert signer().link("click", made, now_ms=NOW) == link(to=url, number="1", program_id="spring")


@pytest.mark.parametrize(
    "url",
    [
        "", "//evil.example", "https:evil.example", "https:/evil.example", "javascript:alert(1)", "data:text/html,x",
        "https://good.example@evil.example", "https://evil.example\\@good.example", "https://ev\nil.example/",
        "https://acme.example/a\r\nset-cookie: a=b", "https://\uff45vil.example", "https://\u0430cme.example",
        "https://xn--cme-8cd.example/", "https://acme.XN--p1ai", "https://\u212aey.example", "https://acme.example/\x00",
        " https://acme.example", "https://acme.example/ü", "https://-a.example", "https://[::1]/", "https://a..example",
        "ftp://acme.example", "https://acme.example/a b", 'https://acme.example/"', "https://acme.example/p?ls_click=a.b",
        "https://acme.example/" + "a" * 2_000,
    ],
)  # fmt: skip
def test_row_36_the_signer_refuses_what_two_programs_may_read_in_two_ways(url: str) -> None:
    with pytest.raises(BadTarget):
        checked_target(url)
    with pytest.raises(BadTarget):
        signer().token("click", link(to=url))


def test_row_35_a_token_is_of_one_kind_one_key_and_one_text() -> None:
    token = signer().token("click", link(to="https://acme.example/a"))
    kid, said, signature = token.split(".")
    altered = [
        f"{kid}.{said[:-1]}{'A' if said[-1] != 'A' else 'B'}.{signature}", f"{kid}.{said}.{signature[:-1]}",
        f"{kid}.{said}=.{signature}", f"{kid}.{said}.{signature}=", f"old.{said}.{signature}", f".{said}.{signature}",
        f"{kid}.{said}", f"{kid}..", "", "...", "é", token + "x", f"{kid}.{said}.é", "x" * 10_000,
    ]  # fmt: skip
    links = signer(new=KEY, old=OLD)
    for one in altered:
        with pytest.raises(BadLink):
            links.link("click", one, now_ms=NOW)
    for kind in ("open", "unsubscribe"):
        with pytest.raises(BadLink):
            links.link(kind, token, now_ms=NOW)  # type: ignore[arg-type]


def test_row_35_an_older_key_verifies_while_it_is_kept_and_none_when_it_is_retired() -> None:
    token = signer(old=OLD).token("click", link(to="https://acme.example/a"))
    assert signer(new=KEY, old=OLD).link("click", token, now_ms=NOW).lead_id == ANN
    for ring in ({"new": KEY}, {"new": KEY, "old": KEY}):
        with pytest.raises(BadLink):
            Links(ring, days=400).link("click", token, now_ms=NOW)
    with pytest.raises(BadLink, match="no key"):
        Links({}, days=400).token("click", link(to="https://acme.example/a"))


@pytest.mark.parametrize("kind", ["click", "open", "unsubscribe"])
def test_row_35_links_end_after_their_days_and_unsubscribing_never(kind: str) -> None:
    token = signer().token(kind, link(to="https://acme.example/a"))  # type: ignore[arg-type]
    assert signer().link(kind, token, now_ms=NOW + 400 * DAY_MS)  # type: ignore[arg-type]
    if kind == "unsubscribe":
        assert signer().link("unsubscribe", token, now_ms=NOW + 4_000 * DAY_MS)
        return
    with pytest.raises(BadLink, match="too old"):
        signer().link(kind, token, now_ms=NOW + 400 * DAY_MS + 1)  # type: ignore[arg-type]


@given(some.text())
def test_any_text_is_a_token_of_ours_or_a_bad_link(text: str) -> None:
    with pytest.raises(BadLink):
        signer().link("click", text, now_ms=NOW)


@given(some.text(max_size=40))
def test_what_may_be_linked_has_a_host_that_it_shows(tail: str) -> None:
    try:
        url = checked_target("https://acme.example" + tail)
    except BadTarget:
        return
    assert url.isascii()
    assert url.isprintable()
    assert not {"\\", " ", '"', "<", ">"} & set(url)


@pytest.mark.parametrize(
    ("target", "then"),
    [
        ("https://a.example", "https://a.example?ls_click=c"), ("https://a.example/p?", "https://a.example/p?ls_click=c"),
        ("https://a.example/p?a=1#x?y", "https://a.example/p?a=1&ls_click=c#x?y"),
        ("https://a.example/#x", "https://a.example/?ls_click=c#x"),
    ],
)  # fmt: skip
def test_the_click_stands_in_the_query_of_what_was_signed(target: str, then: str) -> None:
    assert with_click(target, "c") == then


def test_a_letter_has_links_a_pixel_and_both_headers_of_rfc_8058() -> None:
    made = sent("https://acme.example/a", "https://acme.example/b")
    assert [one.startswith("http://collector/m/c/new.") for one in made.links] == [True, True]
    assert made.pixel.startswith("http://collector/m/o/new.")
    assert made.pixel.endswith(".gif")
    assert made.headers["List-Unsubscribe"] == f"<{made.unsubscribe}>"
    assert made.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert made.headers["X-Leadstream-Message"] == "spring-1"


def test_without_consent_a_letter_has_plain_links_no_pixel_and_a_way_out() -> None:
    made = sent("https://acme.example/a", tracked=False)
    assert (made.links, made.pixel) == (("https://acme.example/a",), "")
    assert made.unsubscribe.startswith("http://collector/m/u/")
