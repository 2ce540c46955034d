"""The seven lines of the fold, ties of time, sub-stages, and what is kept of each kind."""

import pytest

from schemas.activity import Milestone
from schemas.deals import DealFacts
from streams.core.stage.fold import stage_of
from streams.core.stage.stages import StageNow, stages_in
from tests.unit.core.made import DAY, NOW, RULES
from tests.unit.core.told import LeadStory, browser, deal, decided, did, of_deal

STAGES = stages_in(RULES)


def now(*told: Milestone, as_of: int = 100) -> StageNow:
    return stage_of(told, as_of=as_of, consent=True, stages=STAGES)


def m(at: int, kind: str, name: str = "", what: str = "", until: int = 0) -> Milestone:
    return Milestone(at, kind, name or f"{kind}{at}", what, until)


@pytest.mark.parametrize(("told", "stage", "by"), [
    pytest.param((m(5, "requested"), m(5, "disposition", what="not_now")), "recycle_a", "disposition5",
                 id="a setback beats progress"),
    pytest.param((m(6, "requested"), m(5, "disposition", what="not_now")), "mql", "requested6", id="later not"),
    pytest.param((m(5, "requested"), m(5, "accepted")), "meeting", "accepted5", id="then the further stage"),
    pytest.param((m(5, "requested", "a"), m(5, "requested", "b")), "mql", "b", id="then the greater milestone_id"),
    pytest.param((m(5, "requested", "b"), m(6, "requested", "c")), "mql", "b", id="but the first proof"),
    pytest.param((m(5, "disposition", what="not_now"), m(5, "deal_lost")), "recycle_b", "deal_lost5",
                 id="of two setbacks the further stage"),
    pytest.param((m(5, "deal_lost", "a"), m(5, "deal_lost", "b")), "recycle_b", "b", id="or the greater id"),
    pytest.param((m(5, "deal_lost"), m(6, "disposition", what="not_now")), "recycle_a", "disposition6",
                 id="else the freshest"),
    pytest.param((m(1, "identified"), m(5, "requested"), m(6, "correction")), "gained", "identified1",
                 id="a correction that names nothing"),
    pytest.param((m(1, "identified"), m(2, "engaged"), m(5, "requested"), m(6, "correction")), "nurture", "engaged2",
                 id="back to the base where somebody is engaged"),
    pytest.param((m(5, "accepted"), m(6, "checked", what="active")), "meeting", "accepted5", id="checks alone"),
    pytest.param((m(5, "held"), m(5, "checked", what="active")), "consultation", "checked5", id="of that moment too"),
    pytest.param((m(6, "held"), m(5, "checked", what="active")), "meeting", "held6", id="not one of later"),
    pytest.param((m(5, "returned"), m(5, "deal_lost")), "recycle_b", "deal_lost5", id="returned and lost at once"),
])  # fmt: skip
def test_ties_and_order(told: tuple[Milestone, ...], stage: str, by: str) -> None:
    for order in (told, told[::-1]):
        found = now(*order)
        assert (found.stage, found.by and found.by.milestone_id) == (stage, by)


@pytest.mark.parametrize(("told", "sub_stage"), [
    ((m(1, "requested"),), ""),
    ((m(1, "accepted"),), "accepted"),
    ((m(1, "target_attended"),), "accepted"),
    ((m(1, "returned"),), "accepted"),
    ((m(1, "booked"), m(2, "accepted")), "booked"),
    ((m(1, "held"), m(2, "booked")), "held"),
    ((m(1, "held"), m(2, "disposition", what="not_now"), m(3, "accepted")), "accepted"),
    ((m(2, "held"), m(2, "disposition", what="not_now"), m(3, "accepted")), "accepted"),
    ((m(1, "deal_open"),), "watch"),
    ((m(1, "deal_open"), m(2, "checked", what="active")), "active"),
    ((m(1, "deal_open"), m(2, "checked", what="active"), m(3, "checked", what="watch")), "watch"),
    ((m(1, "checked", what="active"), m(2, "disposition", what="not_now"), m(3, "deal_open")), "watch"),
    ((m(1, "deal_won"),), ""),
])  # fmt: skip
def test_of_each_kind_the_freshest_of_those_the_furthest_says_the_sub_stage(
    told: tuple[Milestone, ...], sub_stage: str
) -> None:
    for order in (told, told[::-1]):
        assert now(*order).sub_stage == sub_stage


def test_no_shows_count_since_the_setback_before() -> None:
    told = [m(1, "accepted"), m(2, "no_show"), m(3, "no_show"), m(4, "accepted"), m(5, "no_show")]
    assert now(*told[:2]).stage == "meeting"
    assert now(*told[:3]).stage == "recycle_a"
    assert now(*told).stage == "meeting"
    assert now(*told, m(6, "no_show")).stage == "recycle_a"


def test_a_refusal_that_comes_too_soon_counts_neither_as_setback_nor_against_the_next() -> None:
    """No response after one try; a `not_now` later counts as ever."""
    told = [m(1, "requested"), m(2, "attempt"), m(3, "disposition", what="no_response")]
    assert now(*told).setback is None
    assert now(*told, m(4, "disposition", what="not_now")).stage == "recycle_a"


def test_tries_before_the_last_setback_do_not_count_for_the_next() -> None:
    tries = [m(n, "attempt") for n in range(2, 8)]
    told = [m(1, "requested"), *tries, m(9, "disposition", what="not_now"), m(10, "requested")]
    assert now(*told, m(11, "disposition", what="no_response")).stage == "mql"
    more = [m(11 + n, "attempt") for n in range(6)]
    assert now(*told, *more, m(16, "disposition", what="no_response")).stage == "recycle_a"
    assert now(*told, *more, m(15, "disposition", what="no_response")).stage == "mql"  # the sixth came later


def test_a_try_in_the_instant_of_a_setback_belongs_to_what_was_before() -> None:
    told = [m(1, "requested"), m(9, "disposition", what="not_now"), m(9, "attempt", "t"), m(10, "requested")]
    five = [m(11 + n, "attempt") for n in range(5)]
    refused = m(20, "disposition", what="no_response")
    assert now(*told, *five, refused).stage == "mql"
    assert now(*told, *five, m(20, "attempt"), refused).stage == "recycle_a"


def test_a_correction_ends_no_mail_stop() -> None:
    """It leads back to the base, and what the customer said still holds."""
    found = now(m(1, "identified"), m(2, "disposition", what="not_now"), m(3, "correction"))
    assert (found.stage, found.hold_until, found.mail_stop_until) == ("gained", None, 2 + 90 * DAY)


def lost(number: int, status: str = "lost", *, days: int) -> DealFacts:
    return deal(status, at=NOW - days * DAY, deal_id=f"deal:crm:{number:02}")


def test_a_won_deal_is_never_let_go_before_lost_ones() -> None:
    story = LeadStory()
    story.hears(of_deal(lost(99, "won", days=900), offset=1))
    story.hears(*(of_deal(lost(number, days=number), offset=1) for number in range(1, 20)))
    assert len(story.card.deals) == 16
    assert story.card.stage == "won"


def test_the_sixteen_freshest_tries_and_the_eight_freshest_of_others_are_kept() -> None:
    story = LeadStory()
    story.hears(browser(did(asked=[NOW]), offset=1))
    story.hears(*(decided("attempt", at=NOW + n) for n in range(1, 20)))
    story.hears(*(decided("booked", at=NOW + n) for n in range(1, 20)))
    assert story.card.attempts == 16
    assert story.row is not None
    kept = [one.at for one in story.row.decisions if one.kind == "booked"]
    assert kept == [NOW + n for n in range(19, 11, -1)]
