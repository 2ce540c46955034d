"""An account: how engaged it is together, where it stands, who belongs to it."""

import pytest

from schemas.activity import Version
from schemas.touches import Tick
from streams.core.account.roll_up import engagement_of, roll_up
from streams.core.errors import UnknownRow
from streams.core.signals import fold_signals
from tests.unit.core.made import ANN, BEN, DAY, NOW, RULES
from tests.unit.core.told import ACME, DEAL, AccountStory, action, deal, member, of_deal, of_lead


def together(*points: float, **more: object) -> int:
    people = {f"lead{n}": member(engagement_tenths=round(10 * one), **more) for n, one in enumerate(points)}  # type: ignore[arg-type]
    return engagement_of(roll_up(people, rest={}, networks={}, intent=None, as_of=NOW, rules=RULES.returns))


@pytest.mark.parametrize(("points", "expected"), [
    pytest.param((80, 50, 30, 20), 944, id="the worked example"),
    pytest.param((20, 80, 30, 50), 944, id="in any order"),
    pytest.param((80,), 800, id="alone"),
    pytest.param((80, 5), 810, id="a colleague never lowers it"),
    pytest.param((80, -50), 800, id="nobody takes points from others"),
    pytest.param((100, 100), 1_000, id="full"),
    pytest.param((), 0, id="nobody"),
    pytest.param((50, 50, 50, 50, 50, 50), 969, id="the five strongest"),
])  # fmt: skip
def test_the_roll_up_of_engagement(points: tuple[float, ...], expected: int) -> None:
    assert together(*points) == expected


def test_people_at_a_dead_end_are_left_out() -> None:
    assert together(80, dead_end=True) == 0


def test_breadth_counts_people_with_a_human_hit_in_14_days() -> None:
    """Ask A17."""
    story = AccountStory()
    card = story.hears(
        of_lead(member(active=[NOW - 14 * DAY]), offset=1),
        of_lead(member(active=[NOW - 14 * DAY - 1]), offset=1, lead_id=BEN),
        of_lead(member(passive=[NOW]), offset=1, lead_id="cem"),
        of_lead(member(active=[NOW], dead_end=True), offset=1, lead_id="dan"),
    )
    assert card.breadth == 1
    assert [one.last_active_at for one in card.members if one.lead_id == BEN] == [NOW - 14 * DAY - 1]


def test_fit_is_the_companys_part_once_and_the_best_persons() -> None:
    story = AccountStory()
    card = story.hears(
        of_lead(member(fit=30, fit_company=22), offset=1),
        of_lead(member(fit=25, fit_company=10), offset=1, lead_id=BEN),
    )
    assert (card.fit, card.fit_grade) == (22 + 15, "A")


@pytest.mark.parametrize(("held", "stage"), [
    (("gained", "mql"), "mql"),
    (("recycle_b", "gained"), "gained"),
    (("dead_end", "recycle_b"), "recycle_b"),
    (("won", "consultation"), "won"),
    (("nurture", "recycle_b"), "nurture"),
])  # fmt: skip
def test_an_account_stands_at_its_furthest_lead(held: tuple[str, ...], stage: str) -> None:
    story = AccountStory()
    story.hears(*(of_lead(member(stage=one), offset=1, lead_id=one) for one in held))
    assert story.card.stage == stage


def test_the_order_of_stages_of_an_account_is_whole() -> None:
    order = ("won", "consultation", "meeting", "mql", "nurture", "gained", "recycle_b", "recycle_a", "dead_end")
    for n, further in enumerate(order):
        for nearer in order[n:]:
            story = AccountStory()
            two = [of_lead(member(stage=one), offset=1, lead_id=str(k)) for k, one in enumerate((nearer, further))]
            assert story.hears(*two).stage == further


def test_an_account_of_a_deal_without_people_stands_where_the_deal_says() -> None:
    story = AccountStory()
    assert story.hears(of_deal(deal(people=()), to=ACME, offset=1)).stage == "recycle_b"


def test_its_name_is_the_crms_else_what_its_people_say_else_its_domain() -> None:
    story = AccountStory()
    assert story.hears(of_lead(member(), offset=1)).name == ACME
    assert story.hears(of_lead(member(company="Acme Inc"), offset=2)).name == "Acme Inc"
    assert story.hears(of_deal(deal(account_name="ACME"), to=ACME, offset=1)).name == "ACME"


def test_who_leaves_is_gone_and_late_copies_do_not_bring_him_back() -> None:
    story = AccountStory()
    story.hears(of_lead(member(), offset=5), of_lead(member(), offset=5, lead_id=BEN))
    story.hears(of_lead(None, offset=6, lead_id=BEN))
    story.hears(of_lead(member(), offset=5, lead_id=BEN))
    assert [one.lead_id for one in story.card.members] == [ANN]


def test_a_return_window_is_shown_where_there_is_one() -> None:
    story = AccountStory()
    days = [NOW - DAY, NOW - 13 * DAY]
    story.hears(of_lead(member(active=days), offset=1))
    assert story.card.members[0].active_days == 2
    story.hears(of_deal(deal(at=NOW - 20 * DAY), to=ACME, offset=1))
    assert story.card.members[0].active_days == 1


def test_the_64_most_recently_active_people_are_kept() -> None:
    story = AccountStory()
    for n in range(80):
        story.hears(of_lead(member(active=[NOW - n * DAY]), offset=1, lead_id=f"lead{n:02}"))
        assert story.last.approximated == (("members",) if n >= 64 else ())
    assert {one.lead_id for one in story.card.members} == {f"lead{n:02}" for n in range(64)}


def test_a_tick_to_somebody_unknown_harms_nothing() -> None:
    story = AccountStory()
    assert story.hears(Tick(to=ACME, at=NOW)).members == ()


def test_an_action_cannot_be_about_a_deals_row() -> None:
    with pytest.raises(UnknownRow):
        fold_signals(DEAL, None, [action("claim", "al_1")], version=Version(0, 0), rules=RULES)
