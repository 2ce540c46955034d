"""A lead's parts: forwards, withdrawals, and what happens beyond the bounds."""

from collections.abc import Iterable

from msgspec.structs import replace

from schemas.activity import Version
from schemas.deals import DealPerson
from schemas.lead_body import Known, LeadBody
from schemas.touches import LeadForward
from streams.core.effects import NOTHING
from streams.core.lead import fold as lead
from tests.unit.core.made import ANN, HOUR, NOW
from tests.unit.core.told import LeadStory, browser, deal, did, hits, of_deal, read

PRICING = read("/pricing", NOW - HOUR, kind="pricing")


def test_a_lead_that_forwards_here_brings_its_doings_and_takes_them_back() -> None:
    story = LeadStory()
    story.hears(browser(did(), offset=1))
    done = did(PRICING, points=hits("pricing_page", PRICING.at))
    forward = LeadForward(
        to=ANN, lead_id="u1", version=Version(0, 5), as_of=NOW, through=(("u1",),),
        body=LeadBody(vias={"w1@u1": Known(NOW, "claimed", done)}, absorbed=("u1",)),
    )  # fmt: skip
    card = story.hears(forward)
    assert card.score_tenths > 0
    assert (card.visitors, card.aliases) == (("v1", "w1"), ("u1",))
    card = story.hears(replace(forward, version=Version(0, 6), through=(), body=None))
    assert (card.score_tenths, card.visitors, card.aliases) == (0, ("v1",), ())


def test_somebody_who_was_never_known_has_no_card() -> None:
    folded = lead.fold(ANN, None, [browser(None, offset=1)], version=Version(0, 1), rules=LeadStory().rules)
    assert folded.effects == NOTHING


def test_beyond_its_bounds_the_stalest_browsers_are_joined_and_nothing_is_lost_or_doubled() -> None:
    story = LeadStory()
    for n in range(40):
        done = did(read(f"/{n}", NOW - n * HOUR), points=hits("pricing_page", NOW - n * HOUR))
        story.hears(browser(done, offset=1, visitor=f"v{n:02}", as_of=NOW + n))
        assert story.last.approximated == (("sources",) if n >= 16 else ())
    assert story.row is not None
    assert len(story.row.sources) == 16
    one = did(*(read(f"/{n}", NOW - n * HOUR) for n in range(40)),
              points=hits("pricing_page", *(NOW - n * HOUR for n in range(40))))  # fmt: skip
    whole = LeadStory()
    whole.hears(browser(one, offset=1, as_of=NOW + 39))
    assert story.card.score_tenths == whole.card.score_tenths
    again = browser(did(read("/0", NOW), points=hits("pricing_page", NOW)), offset=1, visitor="v00", as_of=NOW)
    assert story.hears(again).score_tenths == whole.card.score_tenths


def test_won_and_open_deals_are_never_pushed_out() -> None:
    story = LeadStory()
    story.hears(of_deal(deal("won", at=1, deal_id="deal:crm:won"), offset=1))
    story.hears(*lost_deals(range(40)))
    assert story.row is not None
    assert len(story.row.deals) == 16
    assert story.card.stage == "won"


def lost_deals(numbers: Iterable[int]) -> list[object]:
    return [
        of_deal(deal(deal_id=f"deal:crm:{n}", people=(DealPerson(ANN, "a@acme.example", "A"),)), offset=1)
        for n in numbers
    ]  # type: ignore[misc]
