"""A visitor's row: who is told what, and who is told that it was somebody else."""

from schemas.activity import Activity, Version
from schemas.touches import VisitorStanding
from streams.core.effects import NOTHING, Effects
from streams.core.visitor import fold as visitor
from streams.core.visitor.fold import Visitor
from tests.unit.core.made import (
    ANN,
    BEN,
    DAY,
    HOUR,
    MINUTE,
    NAMING,
    NOW,
    RULES,
    delivery,
    engaged,
    facts,
    identify,
    page,
    track,
    visited,
)

U1 = NAMING.lead_of_user("u1")
LATER = delivery(at=NOW + MINUTE)


def standings(effects: Effects) -> dict[str, VisitorStanding]:
    return {one.to: one for one in effects.touches if isinstance(one, VisitorStanding)}


def paths(activity: Activity | None) -> list[str]:
    return [one.path for one in activity.pages] if activity else []


def test_nobody_is_told_of_an_anonymous_visitor() -> None:
    """Ask A7."""
    row, effects = visited([facts(engaged("/pricing", NOW - HOUR))])
    assert effects == NOTHING
    assert paths(row.by_lead[""]) == ["/pricing"]


def test_a_form_brings_the_anonymous_history_to_its_lead() -> None:
    """Asks A3, A9."""
    before = visited([facts(engaged("/pricing", NOW - 3 * DAY)), facts(engaged("/products/a", NOW - HOUR))])[0]
    row, effects = visited([facts(identify(NOW, email="ann@acme.example", name="Ann"))], row=before)
    told = standings(effects)[ANN]
    assert paths(told.activity) == ["/products/a", "/pricing"]
    assert told.activity is not None
    assert told.activity.traits["name"].value == "Ann"
    assert (told.known_at, told.trust, told.as_of, told.version) == (NOW, "claimed", NOW, row.version)
    assert list(row.by_lead) == [ANN]


def test_a_second_person_at_the_same_browser_takes_only_what_came_after() -> None:
    told = [
        facts(engaged("/products/a", NOW - 5 * HOUR)),
        facts(identify(NOW - 4 * HOUR, email="ann@acme.example")),
        facts(engaged("/pricing", NOW - 3 * HOUR)),
        facts(identify(NOW - 2 * HOUR, email="ben@acme.example")),
        facts(engaged("/security", NOW - HOUR)),
    ]
    heard = standings(visited(told)[1])
    assert {lead: paths(one.activity) for lead, one in heard.items()} == {
        ANN: ["/pricing", "/products/a"],
        BEN: ["/security"],
    }


def test_a_late_identify_divides_what_is_there() -> None:
    told = [facts(engaged(path, NOW - hours * HOUR)) for path, hours in (("/a", 5), ("/b", 3), ("/c", 1))]
    row, _ = visited([*told, facts(identify(NOW - 2 * HOUR, email="ben@acme.example"))])
    row, effects = visited([facts(identify(NOW - 4 * HOUR, email="ann@acme.example"))], row=row)
    assert {lead: paths(one.activity) for lead, one in standings(effects).items()} == {ANN: ["/b", "/a"], BEN: ["/c"]}


def test_a_late_identify_gets_back_even_what_the_walks_had_let_go() -> None:
    """One pricing page a day is kept: the first was nobody's, until it turns out to have been Ann's."""
    told = [facts(engaged("/pricing", NOW - 3 * HOUR)), facts(engaged("/pricing", NOW - HOUR))]
    row, _ = visited([*told, facts(identify(NOW - 2 * HOUR, email="ben@acme.example"))])
    _, effects = visited([facts(identify(NOW - 4 * HOUR, email="ann@acme.example"))], row=row)
    hits = {lead: one.activity.hits for lead, one in standings(effects).items() if one.activity}
    assert [hit.at for hit in hits[ANN]["pricing_page"]] == [NOW - 3 * HOUR]
    assert [hit.at for hit in hits[BEN]["pricing_page"]] == [NOW - HOUR]


def test_a_page_belongs_to_who_was_there_at_its_latest_time() -> None:
    """The same page told with two times, a claim between them: it counts for one."""
    told = [
        facts(identify(NOW - DAY, email="ann@acme.example")),
        facts(page("/pricing", NOW - HOUR)),
        facts({**engaged("/pricing", NOW - HOUR), "timestamp": NOW}, delivery(at=NOW, sent_at=NOW - MINUTE)),
        facts(identify(NOW - HOUR + 1_000, email="ben@acme.example")),
    ]
    heard = standings(visited(told)[1])
    assert {lead: paths(one.activity) for lead, one in heard.items()} == {ANN: [], BEN: ["/pricing"]}


def test_a_user_id_whose_email_is_learnt_is_told_that_it_has_no_part_in_it() -> None:
    row, effects = visited([facts(identify(NOW - HOUR, user="u1")), facts(engaged("/pricing", NOW - HOUR))])
    assert paths(standings(effects)[U1].activity) == ["/pricing"]
    row, effects = visited([facts(identify(NOW, user="u1", email="ann@acme.example"))], row=row)
    heard = standings(effects)
    assert paths(heard[ANN].activity) == ["/pricing"]
    assert heard[U1].activity is None
    assert heard[U1].version == row.version
    assert heard[ANN].known_at == NOW - HOUR


def test_who_has_no_part_is_not_told_again_with_every_page() -> None:
    row, _ = visited([facts(identify(NOW, user="u1", email="ann@acme.example"))])
    _, effects = visited([facts(engaged("/pricing", NOW, n=5), LATER)], row=row)
    assert list(standings(effects)) == [ANN]


def test_proven_trust_is_kept() -> None:
    said = identify(NOW, email="ann@acme.example")
    row, _ = visited([facts(said), facts({**said, "timestamp": NOW - HOUR}, delivery(trust="proven", source="crm"))])
    _, effects = visited([facts(engaged("/pricing", NOW, n=5), LATER)], row=row)
    assert standings(effects)[ANN].trust == "proven"


def test_what_comes_again_is_said_again_and_what_is_newer_and_says_nothing_is_not() -> None:
    told = [facts(identify(NOW, email="ann@acme.example"))]
    row, effects = visitor.fold("v1", None, told, version=Version(0, 7), rules=RULES)
    assert visitor.fold("v1", row, told, version=Version(0, 7), rules=RULES) == (row, effects)
    assert visitor.fold("v1", row, told, version=Version(0, 3), rules=RULES) == (row, effects)
    assert visitor.fold("v1", row, told, version=Version(0, 8), rules=RULES) == (row, NOTHING)
    assert visitor.fold("v1", row, told, version=Version(1, 0), rules=RULES) == (row, NOTHING)


def test_the_row_follows_the_newest_message_and_time() -> None:
    row: Visitor = visited([facts(page("/", NOW))])[0]
    assert (row.version, row.as_of, row.wake_at) == (Version(0, 0), NOW, None)
    row, _ = visited([facts(page("/", NOW), LATER)], row=row)
    assert (row.version, row.as_of) == (Version(0, 1), NOW + MINUTE)


def test_a_browser_of_very_many_people_stays_bounded_and_withdraws_from_those_it_forgets() -> None:
    row: Visitor | None = None
    held: dict[str, VisitorStanding] = {}
    for n in range(30):
        said = [facts(identify(NOW - (30 - n) * HOUR, email=f"p{n}@acme.example")),
                facts(track("form_submitted", NOW - (30 - n) * HOUR, n=n, form="newsletter"))]  # fmt: skip
        row, effects = visited(said, row=row)
        held |= standings(effects)
        assert effects.approximated == (("identities",) if n >= 8 else ())
    assert row is not None
    live = [lead for lead, one in held.items() if one.activity is not None]
    assert (len(row.claims), len(live), len(held)) == (8, 8, 30)
    assert set(live) == {claim.lead_id for claim in row.claims}
