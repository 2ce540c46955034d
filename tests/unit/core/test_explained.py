"""The whole card in words: every line of the score, what was set aside, and when it will change."""

from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import LeadCard
from schemas.touches import VoidOrder
from streams.core.events.facts import Facts
from streams.core.score.explained import explained, headline_of
from tests.unit.core.made import ANN, DAY, MINUTE, NOW, activity, human_click, imported, mailed, track
from tests.unit.core.test_scoring_example import MAIL, journey
from tests.unit.core.told import LeadStory, browser, deal, did, hits, of_deal


def card(said: list[Facts], *more: object) -> LeadCard:
    return LeadStory().hears(browser(activity(said), offset=1), *more)  # type: ignore[arg-type]


def test_the_worked_example_in_one_paragraph() -> None:
    told = card(journey(), *MAIL)
    assert headline_of(told) == (
        "113.8 A1, mql since 03-20, 27.3 more than yesterday. "
        "Up: pricing_page 19.1, webinar_attended 17.1, return_visit 13.4. Down: none. "
        "13.8 above 100; without new events below 100 on 03-25 02:34."
    )


def test_the_worked_example_as_a_whole() -> None:
    """Ask A5."""
    told = explained(replace(card(journey(), *MAIL), rules_version="0123456789ab")).splitlines()
    assert told[0].startswith("113.8 A1, mql since 03-20")
    assert told[1] == "As of 2026-03-20 10:00, by rules 0123456789ab; who it is was claimed."
    assert "  19.1 Pricing page (pricing_page), 2 of 3" in told
    assert "      9.06 /pricing, 2.0 d old, via v1, reading time not measured" in told
    assert "   4.0 Clicks in mails (mail_click), 2 of 5" in told
    assert "      1.66 m2, 12.0 d old, via mail, human" in told
    assert "     17.14 w1, 10.0 d old, via v1" in told
    assert told[told.index("  38.0 Fit") + 1 :][:6] == [
        "         8 seniority Manager",
        "         8 department Marketing",
        "         0 email unknown",
        "        12 employees 120",
        "        10 segment growth",
        "         0 region unknown",
    ]
    assert told[-4:] == [
        "113.8 in all: engagement 75.8, fit 38",
        "",
        "13.8 above 100; without new events below it on 2026-03-25 02:34.",
        "33.8 above 80; without new events below it on 2026-04-03 22:09.",
    ]


def test_what_was_set_aside_is_listed_with_its_reason() -> None:
    form = track("form_submitted", NOW - DAY, form="newsletter")
    said = imported([form, track("file_downloaded", NOW - 3 * DAY, asset="guide")])
    hit_id = activity(said).hits["form"][0].hit_id
    told = explained(card(
        said, of_deal(deal(at=NOW - 2 * DAY), offset=1), mailed("opened", NOW), mailed("clicked", NOW, sign="head"),
        VoidOrder(to=ANN, hit_id=hit_id, at=NOW, actor="olga", reason="a test"),
    )).splitlines()  # fmt: skip
    assert told[told.index("Set aside:") + 1 :] == [
        "  2026-03-17 10:00 File behind a form, guide: before the lost deal",
        "  2026-03-20 10:00 Mails opened, m1: 0 by rule",
        "  2026-03-20 10:00 Clicks in mails, m1: machine: asked for the head only",
        "  2026-03-19 10:00 Filled in a form, newsletter: void: a test",
    ]
    assert "      0.00 ~newsletter~, 1.0 d old, via v1, void: a test" in told
    assert "   0.0 Filled in a form (form), 0 of 2" in told


def test_caps_bounds_and_distances_have_lines_of_their_own() -> None:
    points = hits("request", NOW) | hits("form", NOW, NOW - DAY)
    told = explained(LeadStory().hears(browser(did(points=points), offset=1))).splitlines()
    assert " -29.8 Cap of forms" in told
    assert told[-2:] == ["40.0 below 100.", "20.0 below 80."]


def test_a_score_that_rests_on_fit_does_not_fall() -> None:
    told = replace(card(imported([]), *human_click(NOW - MINUTE)), score_tenths=1_000, falls_below_at=None)
    assert "0.0 above 100; without new events not below it within 90 days." in explained(told).splitlines()


def test_the_card_holds_both_moments_of_cooling() -> None:
    told = card(journey(), *MAIL)
    assert (told.cools_below_tenths, told.day_before_tenths, told.version) == (800, 865, Version(0, 0))
    assert told.falls_below_at is not None
    assert told.cools_at is not None
    assert told.falls_below_at < told.cools_at
