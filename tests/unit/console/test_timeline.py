"""Pages, hits and moves of one lead, merged by time."""

from msgspec.structs import replace

from schemas.activity import Hit, PageSeen
from schemas.cards import ScoredHit, ScoreLine
from streams.console.leads.laid import distance
from streams.console.leads.timeline import devices, timeline
from tests.unit.console.samples import Samples

SAMPLES = Samples(now=1_790_000_000_000)
LEAD = SAMPLES.lead()


def test_one_event_is_one_moment_with_all_that_it_gave() -> None:
    moments = [moment for _, some in timeline(LEAD) for moment in some]
    [pricing] = [one for one in moments if one.page is not None and one.page.hit_id == 901]
    assert [(gift.rule, gift.points_hundredths) for gift in pricing.gifts] == [
        ("Read the pricing page", 1_000),
        ("Opened pages", 100),
    ]
    assert pricing.device == "Device 1"


def test_days_and_moments_come_newest_first_and_nothing_is_lost() -> None:
    days = timeline(LEAD)
    times = [moment.at for _, some in days for moment in some]
    assert times == sorted(times, reverse=True)
    assert len({name for name, _ in days}) == len(days)
    events = {page.hit_id for page in LEAD.pages} | {hit.hit_id for line in LEAD.lines for hit in line.hits}
    assert len(times) == len(events) + len(LEAD.moves)


def test_a_hit_without_its_page_is_shown_by_what_it_was() -> None:
    hit = ScoredHit(hit_id=1, at=5, what="quote", via="server", points_hundredths=100)
    lead = replace(LEAD, pages=(PageSeen(9, 2, "/a", "other", None, None),), moves=(),
                   lines=(ScoreLine(kind="rule", name="request", group="forms", tenths=10, hits=(hit,)),))  # fmt: skip
    moments = [(one.what, one.device) for _, some in timeline(lead) for one in some]
    assert moments == [("/a", ""), ("quote", "Server")]


def test_a_time_that_is_ours_and_not_the_senders_says_so() -> None:
    page = LEAD.pages[0]
    marked = (Hit(page.at, page.hit_id, "too_late"), Hit(page.at - 1, LEAD.pages[1].hit_id, "too_old"))
    moments = [one for _, some in timeline(replace(LEAD, by_our_clock=marked)) for one in some]
    assert [(one.page, one.clock) for one in moments if one.clock] == [(page, "too_late")], "another time is another"
    assert not any(one.clock for _, some in timeline(LEAD) for one in some)


def test_devices_have_short_names_in_the_cards_order() -> None:
    assert [devices(LEAD)[via] for via in LEAD.visitors] == ["Device 1", "Device 2"]


def test_the_gauge_never_leaves_its_frame() -> None:
    for score, threshold in [(0, 1_000), (1_016, 1_000), (9_999, 1_000), (-50, 1_000), (0, 0)]:
        here = distance(replace(LEAD, score_tenths=score, threshold_tenths=threshold))
        assert 0 <= here.score_percent <= 100
        assert 0 <= here.threshold_percent <= 100
