"""Who it was when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.activity import Claim
from streams.core.events.facts import Link
from streams.core.visitor.identity import Span, kept_claims, kept_links, known_leads, named_leads, owner_at, timeline_of

claims = st.builds(Claim, st.integers(0, 30), st.sampled_from("ABC"), st.sampled_from(("claimed", "proven")))


def claimed(text: str) -> tuple[Claim, ...]:
    """`A1 B5`: A at 1, B at 5."""
    return kept_claims(Claim(int(word[1:]), word[0], "claimed") for word in text.split())


@pytest.mark.parametrize(
    ("said", "spans"),
    [
        ("", []),
        ("A5", [(5, "A")]),
        ("A5 A9", [(5, "A")]),
        ("A5 B9", [(5, "A"), (9, "B")]),
        ("B9 A5", [(5, "A"), (9, "B")]),
        ("A5 B9 A12", [(5, "A"), (9, "B"), (12, "A")]),
    ],
)
def test_claims_divide_time_by_their_own_times(said: str, spans: list[tuple[int, str]]) -> None:
    assert timeline_of(claimed(said), ()) == tuple(Span(*span) for span in spans)


@pytest.mark.parametrize(("at", "owner"), [(0, "A"), (4, "A"), (5, "A"), (8, "A"), (9, "B"), (99, "B")])
def test_the_first_lead_also_takes_what_came_before(at: int, owner: str) -> None:
    assert owner_at(timeline_of(claimed("A5 B9"), ()), at) == owner


def test_nobody_owns_anything_before_somebody_is_named() -> None:
    assert owner_at((), 5) == ""


@pytest.mark.parametrize(
    ("links", "spans"),
    [
        pytest.param([], [(5, "U")], id="a user id alone is a lead of its own"),
        pytest.param([Link(9, "U", "A")], [(5, "A")], id="an e-mail learnt later"),
        pytest.param([Link(1, "U", "A"), Link(7, "U", "B")], [(5, "A"), (8, "B")], id="another from its time on"),
        pytest.param([Link(1, "V", "A")], [(5, "U")], id="another user's e-mail"),
    ],
)
def test_a_user_id_speaks_of_the_lead_of_its_email(links: list[Link], spans: list[tuple[int, str]]) -> None:
    assert timeline_of(claimed("U5 U8"), kept_links(links)) == tuple(Span(*span) for span in spans)


def test_a_lead_is_known_since_its_first_claim_by_the_best_trust_that_was_said() -> None:
    said = kept_claims([Claim(9, "A", "proven"), Claim(5, "A", "claimed"), Claim(7, "B", "claimed")])
    assert known_leads(said, ()) == {"A": (5, "proven"), "B": (7, "claimed")}


def test_everybody_who_may_have_been_told_is_named() -> None:
    assert named_leads(claimed("U5 A6"), [Link(5, "U", "E")]) == {"U", "A", "E"}


def test_beyond_sixteen_claims_repeats_go_first_and_owners_stay() -> None:
    said = claimed(" ".join(["A1", *(f"A{n}" for n in range(2, 20)), "B30", "C40"]))
    assert len(said) == 16
    assert timeline_of(said, ()) == (Span(1, "A"), Span(30, "B"), Span(40, "C"))


def test_beyond_eight_leads_the_oldest_go() -> None:
    said = claimed(" ".join(f"{name}{n}" for n, name in enumerate("ABCDEFGHIJ", 1)))
    assert [claim.lead_id for claim in said] == list("CDEFGHIJ")


@given(said=st.lists(claims, max_size=12), more=st.lists(claims, max_size=4))
def test_claims_are_a_join(said: list[Claim], more: list[Claim]) -> None:
    whole = kept_claims((*said, *more))
    assert kept_claims((*kept_claims(more), *kept_claims(said), *said)) == whole
    assert len({claim[:2] for claim in whole}) == len(whole) <= 16
