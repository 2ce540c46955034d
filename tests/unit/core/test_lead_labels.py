"""What the ledger is cut by: what was known of a lead's origin when it moved."""

import pytest
from msgspec.structs import replace

from schemas.activity import Milestone
from tests.unit.core.made import NOW
from tests.unit.core.told import LeadStory, browser, deal, decided, did, of_deal


@pytest.mark.parametrize(("traits", "medium", "source"), [
    pytest.param({}, "direct", "direct", id="a browser that says nothing"),
    pytest.param({"utm_source": "linkedin", "utm_medium": "social"}, "social", "linkedin", id="a campaign"),
    pytest.param({"utm_source": "linkedin"}, "", "linkedin", id="its medium is not known"),
    pytest.param({"utm_medium": "mail"}, "mail", "direct", id="its source is not known"),
    pytest.param({"source": "fair list", "medium": "fair"}, "fair", "fair list", id="an import"),
    pytest.param({"utm_source": "ads", "source": "list"}, "", "ads", id="the campaign before the import"),
    pytest.param({"referrer": "https://www.search.example/q?x=1"}, "referral", "www.search.example", id="referrer"),
    pytest.param({"referrer": "search.example/q"}, "referral", "search.example", id="a bare one"),
    pytest.param({"referrer": "https://[broken"}, "direct", "direct", id="a broken one"),
    pytest.param({"referrer": "https://a.example/", "utm_source": "ads"}, "", "ads", id="the campaign before that"),
])  # fmt: skip
def test_medium_and_source(traits: dict[str, str], medium: str, source: str) -> None:
    story = LeadStory()
    story.hears(browser(did(**traits), offset=1))
    assert story.moves[1].labels == {"medium": medium, "source": source, "program": "", "segment": ""}


def test_whom_only_the_crm_knows() -> None:
    story = LeadStory()
    story.hears(of_deal(deal(), offset=1))
    assert story.moves[1].labels == {"medium": "", "source": "crm", "program": "", "segment": ""}


def test_the_freshest_program_and_the_segment_and_each_move_keeps_its_own() -> None:
    """Asks A28, A46."""
    story = LeadStory()
    first = Milestone(NOW - 2, "program_registered", "a", "fair-1")
    story.hears(browser(replace(did(segment="growth"), milestones=(first,)), offset=1))
    second = Milestone(NOW - 1, "program_attended", "b", "seminar-1")
    story.hears(browser(replace(did(segment="growth"), milestones=(second, first)), offset=2))
    story.hears(decided("requested", "quote"))
    assert [(move.labels["program"], move.labels["segment"]) for _, move in sorted(story.moves.items())] == [
        ("fair-1", "growth"), ("seminar-1", "growth"),
    ]  # fmt: skip
