"""What people take back: corrections are moves of their own, and nothing is edited."""

import pytest

from schemas.activity import Decision
from schemas.touches import Disposition
from streams.core.errors import UnknownDecision
from streams.core.lead.corrections import standing, voided
from tests.unit.core.made import DAY, NOW
from tests.unit.core.told import ENOUGH, LeadStory, browser, deal, decided, did, hits, of_deal

ASKED = NOW - 10 * DAY


def in_mql() -> LeadStory:
    story = LeadStory()
    story.hears(browser(did(asked=[ASKED]), offset=1))
    return story


def correction(said: dict[str, str], *, at: int = NOW + 9) -> Disposition:
    return decided("correction", "wrong person", at=at, said=said)


def test_a_wrong_disposition_is_taken_back_by_a_new_move_that_names_the_old_one() -> None:
    story = in_mql()
    story.hears(decided("disposition", "not_now"))
    card = story.hears(correction({"milestone": f"disposition:disposition@{NOW}"}))
    move = card.moves[0]
    assert (card.stage, move.number, move.via, move.corrects, move.actor) == ("mql", 3, "correction", 2, "sam")
    assert move.evidence == (f"requested:r{ASKED} quote", f"correction:disposition:disposition@{NOW}")
    assert (move.rule_id, move.skipped) == ("T4", ())
    assert (card.hold_until, card.mail_stop_until) == (None, None)
    assert [one.to_stage for one in card.moves] == ["mql", "recycle_a", "mql"]  # nothing was edited


def test_a_move_may_be_named_by_its_number() -> None:
    story = in_mql()
    story.hears(decided("disposition", "not_now"))
    assert story.hears(correction({"move": "2"})).stage == "mql"
    assert story.row is not None
    assert dict(story.row.decisions[0].said) == {"milestone": f"disposition:disposition@{NOW}"}
    with pytest.raises(UnknownDecision, match="no move '9'"):
        story.hears(correction({"move": "9"}, at=NOW + 10))


def test_an_older_move_is_named_when_what_it_rested_on_is_taken_back() -> None:
    """The hold was over, and a visit led back; then it turns out that nobody ever said no."""
    story = in_mql()
    story.hears(decided("disposition", "not_now"))
    story.hears(decided("opted_in", at=NOW + 1))
    card = story.hears(correction({"move": "2"}))
    assert (card.stage, card.moves[0].via, card.moves[0].corrects) == ("mql", "correction", 2)


def test_what_is_taken_back_without_a_change_of_stage_is_no_move_and_marks_no_later_one() -> None:
    story = in_mql()
    story.hears(decided("accepted"))
    story.hears(correction({"milestone": f"requested:r{ASKED}"}))
    assert len(story.moves) == 2
    story.hears(decided("disposition", "not_now", at=NOW + 10))
    assert (story.moves[3].via, story.moves[3].corrects) == ("disposition", None)


def test_a_wrong_acceptance_and_a_test_form() -> None:
    story = in_mql()
    story.hears(decided("accepted"))
    card = story.hears(correction({"milestone": f"accepted:accepted@{NOW}"}))
    assert (card.stage, card.moves[0].corrects) == ("mql", 2)
    card = story.hears(correction({"milestone": f"requested:r{ASKED}"}, at=NOW + 10))
    assert (card.stage, card.moves[0].corrects, card.moves[0].via) == ("gained", 3, "correction")


def test_a_score_that_was_wrong_is_taken_back_by_its_move() -> None:
    story = LeadStory()
    story.hears(browser(did(points=ENOUGH), offset=1))
    assert story.way == ["T3 mql"]
    card = story.hears(correction({"move": "1"}))
    assert (card.stage, card.moves[0].corrects) == ("nurture", 1)


def test_a_correction_is_taken_back_by_another() -> None:
    story = in_mql()
    story.hears(decided("disposition", "not_now"))
    story.hears(correction({"move": "2"}))
    card = story.hears(correction({"milestone": f"correction:correction@{NOW + 9}"}, at=NOW + 10))
    assert (card.stage, card.hold_until) == ("recycle_a", NOW + 90 * DAY)


def test_a_correction_that_names_nothing_leads_back_to_the_base() -> None:
    story = LeadStory()
    story.hears(browser(did(asked=[ASKED], points=hits("pricing_page", NOW)), offset=1))
    card = story.hears(decided("correction", "bought a list", at=NOW + 1))
    move = card.moves[0]
    assert (card.stage, move.via, move.corrects, move.actor) == ("nurture", "correction", 1, "sam")
    assert card.hold_until is None


def test_it_is_the_same_whichever_comes_first() -> None:
    """The correction is here before what it takes back."""
    story = in_mql()
    story.hears(correction({"milestone": f"disposition:disposition@{NOW}"}))
    assert story.hears(decided("disposition", "not_now")).stage == "mql"
    assert len(story.moves) == 1


@pytest.mark.parametrize("target", ["deal_lost:deal:crm:1", "identified:identified", "engaged:engaged", "x", "x:"])
def test_what_the_crm_says_and_what_follows_from_it_is_not_taken_back_here(target: str) -> None:
    story = in_mql()
    story.hears(of_deal(deal(at=NOW), offset=1))
    with pytest.raises(UnknownDecision):
        story.hears(correction({"milestone": target}))
    with pytest.raises(UnknownDecision, match="correction needs a reason"):
        story.hears(decided("correction", "", said={"move": "1"}))


def test_a_restored_lead_is_a_dead_end_again_when_that_was_wrong() -> None:
    story = in_mql()
    story.hears(decided("dead_end", "student"))
    story.hears(decided("restored", "graduated", at=NOW + 1))
    card = story.hears(correction({"move": "3"}))
    assert (card.stage, card.moves[0].via, card.moves[0].corrects) == ("dead_end", "correction", 3)


def test_voids_follow_from_the_set_of_corrections_alone() -> None:
    def said(at: int, name: str, target: str) -> Decision:
        return Decision(at, "correction", name, "why", "sam", 0, (("milestone", target),))

    first, second = said(1, "a", "held:x"), said(2, "b", "correction:a")
    assert voided([first]) == {("held", "x")}
    assert voided([first, second]) == voided([second, first]) == {("correction", "a")}
    assert voided([]) == frozenset()
    assert standing((), frozenset()) == ()
