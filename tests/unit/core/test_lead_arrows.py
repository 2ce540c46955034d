"""Every arrow of a lead, with both sides of its bounds: what proves it, its hold, what it leaves behind."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from schemas.activity import Activity, Milestone
from schemas.touches import Tick
from streams.core.errors import UnknownDecision
from streams.core.rules import Rules, load_rules
from tests.unit.core.made import ANN, DAY, HOUR, NAMING, NOW, files, human_click, mailed
from tests.unit.core.told import ENOUGH, LeadStory, browser, deal, decided, did, hits, of_deal, read

YES = dict.fromkeys(
    ("budget", "authority", "needs", "timeframe", "problem", "obstacle", "solution", "effect"), "yes"
)
REQUEST = did(asked=[NOW - 10 * DAY])
PAGE = read("/pricing", NOW - HOUR, kind="pricing")
INTEREST = hits("pricing_page", PAGE.at)
PROGRAM = """
[[program]]
id = "seminar-1"
kind = "seminar"
own = true
starts_at = 2026-03-18T09:00:00Z
ends_at = 2026-03-18T17:00:00Z

[[program]]
id = "fair-1"
kind = "fair"
starts_at = 2026-03-18T09:00:00Z
ends_at = 2026-03-18T17:00:00Z
"""


def rules_with(**more: str) -> Rules:
    """The packaged rules with more text at the end of some files, by their first name."""
    told = files()
    texts = {f"{name}.toml": told[f"{name}.toml"] + text for name, text in more.items()}
    return load_rules(told | texts, naming=NAMING)


def with_milestones(*milestones: Milestone, **traits: str) -> Activity:
    return replace(did(**traits), milestones=tuple(sorted(milestones, reverse=True)))


def in_mql() -> LeadStory:
    """Asked for a quote 10 days ago."""
    story = LeadStory()
    story.hears(browser(REQUEST, offset=1))
    return story


def in_meeting() -> LeadStory:
    story = in_mql()
    story.hears(decided("accepted", at=NOW - 9 * DAY))
    return story


def last(story: LeadStory) -> tuple[str, str, str]:
    move = story.moves[max(story.moves)]
    return move.rule_id, move.to_stage, move.via


def test_t1_and_t2_a_human_click_makes_a_lead_known_and_shows_interest() -> None:
    """A click on a link signed for this lead that the web confirmed; refused consent leaves it gained."""
    story, refused = LeadStory(), LeadStory()
    story.hears(*human_click(NOW - HOUR))
    assert (story.card.known_at, story.card.stage) == (NOW - HOUR, "nurture")
    refused.hears(browser(did(marketing_consent="no"), offset=1), *human_click(NOW - HOUR))
    assert refused.card.stage == "gained"


def test_t12_a_human_click_leads_back_too() -> None:
    story = in_mql()
    story.hears(decided("disposition", "not_now"))
    story.hears(*human_click(NOW + 90 * DAY))
    assert last(story) == ("T12", "nurture", "hold_over")


def test_t2_a_void_hit_shows_no_interest_and_one_of_before_a_lost_deal_does() -> None:
    story = LeadStory()
    card = story.hears(browser(did(points=INTEREST), offset=1), of_deal(deal(at=NOW), offset=1))
    assert next(line for line in card.lines if line.name == "pricing_page").hits[0].set_aside
    assert story.hears(of_deal(None, offset=2)).stage == "nurture"


@pytest.mark.parametrize("kind", ["catalogue", "comparison", "demo", "inquiry", "quote"])
def test_t4_what_asks_for_a_talk_passes_fast_also_when_sales_heard_it(kind: str) -> None:
    """Ask A16. A form that names a competitor under review is a comparison."""
    story = LeadStory()
    story.hears(browser(did(), offset=1))
    story.hears(decided("requested", kind))
    assert last(story) == ("T4", "mql", "fast_pass")
    with pytest.raises(UnknownDecision, match="requested needs one of these reasons"):
        story.hears(decided("requested", "chat", at=NOW + 1))


@pytest.mark.parametrize("box", ["recycle_a", "recycle_b"])
def test_t4_leads_out_of_recycling_and_the_mail_stop_stays(box: str) -> None:
    """Sales may call, they asked; mail stops for the whole hold (ask A22)."""
    story = in_mql()
    fell = decided("disposition", "not_now", at=NOW) if box == "recycle_a" else of_deal(deal(at=NOW), offset=1)
    assert story.hears(fell).stage == box
    again = did(asked=[NOW - 10 * DAY, NOW + DAY])
    card = story.hears(browser(again, offset=2, as_of=NOW + DAY))
    assert last(story) == ("T4", "mql", "fast_pass")
    assert (card.hold_until, card.mail_stop_until) == (NOW + 90 * DAY, NOW + 90 * DAY)
    card = story.hears(Tick(to=ANN, at=NOW + 90 * DAY))
    assert (card.hold_until, card.mail_stop_until, card.stage) == (None, None, "mql")


TARGET = """
[[rep]]
email = "rita@us.example"
timezone = "Asia/Seoul"

[[target]]
domain = "acme.example"
"""


@pytest.mark.parametrize(("program", "rep", "move"), [
    ("seminar-1", 'rep = "rita@us.example"', ("T5", "meeting", "fast_pass")),
    ("seminar-1", "", ("T4", "mql", "fast_pass")),
    ("fair-1", 'rep = "rita@us.example"', ("T1", "gained", "contact")),
    ("nobody-knows", 'rep = "rita@us.example"', ("T1", "gained", "contact")),
])  # fmt: skip
def test_t5_somebody_of_a_target_account_came_to_our_own_program(program: str, rep: str, move: tuple[str, ...]) -> None:
    """Ask A15: straight to a meeting where the target names a rep, else a fast pass."""
    story = LeadStory(rules_with(site=PROGRAM, routing=TARGET + rep))
    came = with_milestones(Milestone(NOW - 2 * DAY, "program_attended", "p1", program))
    card = story.hears(browser(came, offset=1))
    assert last(story) == move
    if move[0] == "T5":
        assert (card.sub_stage, story.moves[1].sub_stage, story.moves[1].skipped) == (
            "accepted", "accepted", ("gained", "nurture", "mql"),
        )  # fmt: skip
        assert story.moves[1].evidence == ("target_attended:p1 seminar-1",)


def test_t5_is_for_targets_only_and_for_who_came() -> None:
    """Ask A15."""
    target = TARGET.replace("acme", "other") + 'rep = "rita@us.example"'
    story = LeadStory(rules_with(site=PROGRAM, routing=target))
    came = with_milestones(Milestone(NOW, "program_attended", "p1", "seminar-1"))
    assert story.hears(browser(came, offset=1)).stage == "gained"
    story = LeadStory(rules_with(site=PROGRAM, routing=TARGET + 'rep = "rita@us.example"'))
    signed_up = with_milestones(Milestone(NOW, "program_registered", "p1", "seminar-1"))
    assert story.hears(browser(signed_up, offset=1)).stage == "gained"


def test_t6_a_change_of_sub_stage_is_on_the_card_and_no_move() -> None:
    """Ask A31."""
    story = in_mql()
    subs = [story.hears(decided(kind, at=NOW + n)).sub_stage for n, kind in enumerate(("accepted", "booked", "held"))]
    assert subs == ["accepted", "booked", "held"]
    assert story.way == ["T4 mql", "T6 meeting"]
    assert story.moves[2].sub_stage == "accepted"
    assert story.hears(decided("booked", at=NOW + 9)).sub_stage == "held"  # the furthest counts


def test_t6_what_sales_does_first_may_be_the_meeting_itself() -> None:
    """Ask A2."""
    story = in_mql()
    story.hears(decided("held"))
    assert (last(story), story.moves[2].sub_stage) == (("T6", "meeting", "accepted"), "held")


@pytest.mark.parametrize("reason", ["not_now", "review_stopped", "no_budget_yet"])
def test_t7_a_rejection_has_a_reason_a_hold_and_a_mail_stop(reason: str) -> None:
    """Ask A20."""
    story = in_mql()
    card = story.hears(decided("disposition", reason))
    assert (last(story), card.hold_until, card.mail_stop_until) == (
        ("T7", "recycle_a", "disposition"), NOW + 90 * DAY, NOW + 90 * DAY,
    )  # fmt: skip
    assert card.wake_at == NOW + 90 * DAY
    assert story.moves[2].evidence == (f"disposition:disposition@{NOW} {reason}",)
    with pytest.raises(UnknownDecision, match="disposition needs one of these reasons"):
        story.hears(decided("disposition", "", at=NOW + 1))


@pytest.mark.parametrize(("tries", "at", "stage"), [
    (5, NOW + 3 * DAY, "mql"),
    (6, NOW + 3 * DAY, "recycle_a"),
    (0, NOW + 4 * DAY - 1, "mql"),
    (0, NOW + 4 * DAY, "recycle_a"),  # 14 days after the request
])
def test_t7_no_response_counts_after_six_tries_or_fourteen_days(tries: int, at: int, stage: str) -> None:
    story = in_mql()
    story.hears(*(decided("attempt", at=NOW + n) for n in range(tries)))
    card = story.hears(decided("disposition", "no_response", at=at))
    assert (card.stage, card.attempts) == (stage, 0 if stage == "recycle_a" else tries)


def test_t7_tries_that_are_told_late_count_too() -> None:
    """Nothing depends on the order of arrival."""
    story = in_mql()
    assert story.hears(decided("disposition", "no_response", at=NOW + 9)).stage == "mql"
    assert story.hears(*(decided("attempt", at=NOW + n) for n in range(6))).stage == "recycle_a"


def test_t8_too_early_leads_back_and_names_the_rules_that_were_wrong() -> None:
    """A false positive of that rules version; afterwards 20 points must be younger than it (ask A14)."""
    story = LeadStory()
    story.hears(browser(did(points=INTEREST), offset=1))
    story.hears(browser(did(points=ENOUGH), offset=2))
    card = story.hears(decided("disposition", "too_early", at=NOW + 1))
    move = story.moves[3]
    assert (last(story), card.hold_until, card.mail_stop_until) == (("T8", "nurture", "too_early"), None, None)
    wrong = f"false positive of rules {move.rules_version}"
    assert move.evidence == (f"disposition:disposition@{NOW + 1} too_early", wrong)
    assert (move.skipped, move.corrects, move.effective_at) == ((), None, NOW + 1)
    more = ENOUGH | hits("gated_download", NOW + 2)
    assert story.hears(browser(did(points=more), offset=3, as_of=NOW + 2)).stage == "nurture"  # 10 fresh points
    more |= hits("gated_download", NOW + 2) | hits("form", NOW + 3, NOW)
    assert story.hears(browser(did(points=more), offset=4, as_of=NOW + 3)).stage == "mql"
    assert last(story) == ("T3", "mql", "score")


def test_t8_without_interest_it_is_gained_and_later_interest_is_no_consequence_of_it() -> None:
    story = in_mql()
    story.hears(decided("disposition", "too_early"))
    assert last(story) == ("T8", "gained", "too_early")
    assert story.moves[2].evidence == (f"disposition:disposition@{NOW} too_early",)  # no score was wrong
    story.hears(browser(did(asked=[NOW - 10 * DAY], points=INTEREST), offset=2))
    assert last(story) == ("T2", "nurture", "interest")


@pytest.mark.parametrize(("said", "stage", "sub_stage"), [
    (YES, "consultation", "active"),
    (YES | {"effect": "12 % less waste"}, "consultation", "active"),
    (YES | {"effect": "12"}, "consultation", "active"),
    (YES | {"solution": "no"}, "consultation", "watch"),
    (YES | {"budget": "no"}, "consultation", "watch"),
    (YES | {"timeframe": "unknown"}, "meeting", "held"),
    (YES | {"effect": "unknown"}, "meeting", "held"),
    ({name: said for name, said in YES.items() if name != "problem"}, "meeting", "held"),
])  # fmt: skip
def test_t9_five_checks_answered_lead_to_consultation(said: dict[str, str], stage: str, sub_stage: str) -> None:
    """Asks A35, A36."""
    story = in_meeting()
    story.hears(decided("held", at=NOW))
    card = story.hears(decided("checked", at=NOW + 1, said=said))
    assert (card.stage, card.sub_stage) == (stage, sub_stage)
    if stage == "consultation":
        assert last(story) == ("T9", "consultation", "checked")
        assert story.moves[3].sub_stage == sub_stage


def test_t9_checks_count_only_behind_a_meeting_and_the_freshest_say_how_warm_it_is() -> None:
    """Ask A36."""
    story = in_meeting()
    assert story.hears(decided("checked", at=NOW, said=YES)).stage == "meeting"
    assert story.hears(decided("held", at=NOW + 1)).sub_stage == "held"
    story.hears(decided("checked", at=NOW + 2, said=YES | {"needs": "no"}))
    assert story.hears(decided("checked", at=NOW + 3, said=YES)).sub_stage == "active"
    assert story.hears(decided("checked", at=NOW + 4, said=YES | {"needs": "no"})).sub_stage == "watch"
    assert story.way[-1] == "T9 consultation"


def test_an_open_deal_is_watched_until_the_checks_say_more() -> None:
    """A deal that skipped inside sales has no meeting that was recorded; its checks count all the same (ask A35)."""
    story = in_mql()
    card = story.hears(of_deal(deal("open", at=NOW), offset=1))
    assert (last(story), card.sub_stage) == (("T9", "consultation", "crm"), "watch")
    assert story.hears(decided("checked", at=NOW + 1, said=YES)).sub_stage == "active"


def test_t10_the_second_no_show_leads_to_recycling_and_the_first_does_not() -> None:
    """Ask A20."""
    story = in_meeting()
    assert story.hears(decided("no_show", at=NOW)).stage == "meeting"
    card = story.hears(decided("no_show", at=NOW + DAY))
    assert (last(story), card.mail_stop_until) == (("T10", "recycle_a", "no_show"), NOW + 91 * DAY)
    assert story.hears(decided("no_show", at=NOW + 2 * DAY)).hold_until == NOW + 91 * DAY  # counted anew


def test_t10_not_now_in_a_meeting() -> None:
    story = in_meeting()
    story.hears(decided("disposition", "not_now"))
    assert last(story) == ("T10", "recycle_a", "disposition")


@pytest.mark.parametrize("until_days", [30, 400])
def test_a_date_that_the_customer_named_always_wins(until_days: int) -> None:
    story = in_mql()
    until = NOW + until_days * DAY
    card = story.hears(decided("disposition", "not_now", until=until))
    assert (card.hold_until, card.mail_stop_until) == (until, until)


def test_a_date_that_the_customer_named_also_wins_against_a_longer_hold_of_before() -> None:
    story = in_mql()
    story.hears(of_deal(deal(at=NOW, lost_reason="price"), offset=1))
    assert story.card.mail_stop_until == NOW + 180 * DAY
    story.hears(browser(did(asked=[NOW + 1]), offset=2, as_of=NOW + 1))
    card = story.hears(decided("disposition", "not_now", at=NOW + 2, until=NOW + 20 * DAY))
    assert (card.stage, card.hold_until, card.mail_stop_until) == ("recycle_a", NOW + 20 * DAY, NOW + 20 * DAY)


def test_a_shorter_hold_or_a_wrong_score_does_not_end_the_mail_stop_of_a_longer_one() -> None:
    story = in_mql()
    story.hears(of_deal(deal(at=NOW, lost_reason="price"), offset=1))
    story.hears(browser(did(asked=[NOW + 1]), offset=2, as_of=NOW + 1))
    card = story.hears(decided("disposition", "too_early", at=NOW + 2))
    assert (card.stage, card.hold_until, card.mail_stop_until) == ("gained", None, NOW + 180 * DAY)
    assert card.wake_at == NOW + 180 * DAY
    card = story.hears(decided("opted_in", at=NOW + 3))
    assert card.mail_stop_until is None


@pytest.mark.parametrize(("shift", "stage"), [(-1, "recycle_a"), (0, "nurture")])
def test_t12_a_human_hit_from_the_end_of_the_hold_on(shift: int, stage: str) -> None:
    """One page hit on a day with interactions; a page that nobody touched is none (ask A20)."""
    story = in_mql()
    end = NOW + 90 * DAY
    story.hears(decided("disposition", "not_now"))
    assert story.hears(Tick(to=ANN, at=end)).stage == "recycle_a"
    cold = read("/", end + shift, touched=0)
    story.hears(browser(replace(REQUEST, pages=(cold,)), offset=2, as_of=end + 1))
    assert story.card.stage == "recycle_a"
    story.hears(browser(replace(REQUEST, pages=(read("/", end + shift),)), offset=3, as_of=end + 1))
    assert story.card.stage == stage
    if stage == "nurture":
        assert last(story) == ("T12", "nurture", "hold_over")


@pytest.mark.parametrize(("shift", "stage"), [(0, "recycle_a"), (1, "nurture")])
def test_t12_an_opt_in_after_the_setback_ends_hold_and_mail_stop(shift: int, stage: str) -> None:
    """In the same instant the setback wins (ask A22)."""
    story = in_mql()
    story.hears(decided("disposition", "not_now"))
    card = story.hears(decided("opted_in", at=NOW + shift))
    assert card.stage == stage
    assert (card.hold_until is None, card.mail_stop_until is None) == (bool(shift), bool(shift))
    if shift:
        assert last(story) == ("T12", "nurture", "opt_in")


def test_t12_afterwards_twenty_points_must_be_younger_than_the_disposition() -> None:
    story = LeadStory()
    story.hears(browser(did(points=INTEREST), offset=1))
    story.hears(browser(did(points=ENOUGH), offset=2))
    story.hears(decided("disposition", "not_now", at=NOW + 1), decided("opted_in", at=NOW + 2))
    assert story.card.stage == "nurture"
    one = ENOUGH | hits("gated_download", NOW + 3)
    assert story.hears(browser(did(points=one), offset=3, as_of=NOW + 3)).stage == "nurture"
    two = ENOUGH | hits("gated_download", NOW + 3) | hits("asset_view", NOW + 4) | hits("form", NOW, NOW + 5)
    assert story.hears(browser(did(points=two), offset=4, as_of=NOW + 5)).stage == "mql"


@pytest.mark.parametrize("reason", ["contacted", "reopen_deal"])
def test_t13_an_answered_return_leads_from_recycling_to_a_meeting(reason: str) -> None:
    story = LeadStory()
    story.hears(of_deal(deal(at=NOW - 50 * DAY), offset=1))
    card = story.hears(decided("returned", reason))
    assert (last(story), card.sub_stage, story.moves[2].skipped) == (("T13", "meeting", "return"), "accepted", ())
    assert card.mail_stop_until == NOW + 40 * DAY


def test_t14_is_no_way_out_of_an_open_or_a_won_deal() -> None:
    for status, stage in (("open", "consultation"), ("won", "won"), ("lost", "dead_end")):
        story = LeadStory()
        story.hears(of_deal(deal(status, at=NOW - DAY), offset=1), decided("dead_end", "left"))
        assert story.card.stage == stage


def test_t14_has_no_mail_stop_of_its_own_and_gives_the_hold_back_when_it_is_lifted() -> None:
    story = in_mql()
    story.hears(decided("disposition", "not_now"), decided("dead_end", "student", at=NOW + 1))
    assert (story.card.stage, story.card.hold_until) == ("dead_end", None)
    card = story.hears(decided("restored", "graduated", at=NOW + 2))
    assert (last(story), card.hold_until) == (("T14", "recycle_a", "restored"), NOW + 90 * DAY)


def test_t14_nobody_is_restored_without_a_reason() -> None:
    story = in_mql()
    story.hears(decided("dead_end", "student"))
    with pytest.raises(UnknownDecision, match="restored needs a reason"):
        story.hears(decided("restored", " ", at=NOW + 1))


def test_a_hard_bounce_is_a_candidate_and_unsubscribing_not_even_that() -> None:
    """A person decides; neither moves anybody."""
    story = LeadStory()
    card = story.hears(browser(did(points=INTEREST), offset=1), mailed("unsubscribed", at=NOW))
    assert (card.dead_end_candidate, card.stage) == ("", "nurture")
    card = story.hears(mailed("bounced", at=NOW + 1, permanent=True))
    assert (card.dead_end_candidate, card.stage) == ("hard_bounce", "nurture")


def test_the_day_of_these_tests_is_a_friday_at_ten() -> None:
    assert datetime.fromtimestamp(NOW / 1_000, UTC).strftime("%a %H:%M") == "Fri 10:00"
