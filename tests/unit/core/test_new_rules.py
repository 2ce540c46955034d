"""Publishing rules recomputes scores and fires nothing: no move, no alert, no post (law 11)."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from schemas.ids import alert_id_of
from schemas.posts import Post
from schemas.touches import MailEvent, Tick
from streams.core.lead.new_rules import held_back
from streams.core.rules import Rules
from streams.core.signals import fold_signals
from streams.core.stage.stages import StageNow
from tests.unit.core.made import ANN, BEN, DAY, HOUR, MINUTE, NOW, RULES
from tests.unit.core.publishing import published
from tests.unit.core.told import (
    ACME,
    DEAL,
    AccountStory,
    LeadStory,
    action,
    browser,
    deal,
    decided,
    did,
    hits,
    member,
    of_deal,
    of_lead,
    read,
)

LOW = published(("stages.toml", "total = 100.0\nengagement = 40.0", "total = 25.0\nengagement = 20.0"))
HIGH = published(("stages.toml", "total = 100.0", "total = 140.0"))
FORMS_ENGAGE = published(("stages.toml", '["product_page", "pricing_page", "comparison_page"]', '["form"]'))
SOME = hits("pricing_page", NOW) | hits("form", NOW)
ENOUGH = (
    hits("pricing_page", NOW, NOW - DAY, NOW - 2 * DAY) | hits("comparison_page", NOW, NOW - DAY)
    | hits("request", NOW) | hits("form", NOW)
)  # fmt: skip
LATER = NOW + HOUR


def lead(points: object, rules: Rules = RULES) -> LeadStory:
    story = LeadStory(rules)
    story.hears(browser(did(points=points), offset=1))  # type: ignore[arg-type]
    return story


def republished(story: LeadStory, rules: Rules, *, at: int = LATER) -> None:
    story.rules = rules
    story.hears(Tick(to=ANN, at=at))


# ─── leads
def test_a_lead_gets_its_new_score_card_and_hot_mark_and_no_move() -> None:
    """Ask A14."""
    story = lead(SOME)
    before = story.card
    republished(story, LOW)
    card = story.card
    assert story.last.leads == (card,)
    assert story.last.transitions == ()
    assert (before.hot, card.hot) == (False, True)
    assert (before.rules_version, card.rules_version) == (RULES.version, LOW.version)
    assert card.threshold_tenths == 250 < card.score_tenths
    assert card.falls_below_at == card.wake_at
    assert (card.stage, card.stage_since) == (before.stage, before.stage_since)
    standing = story.last.signals[0].member  # type: ignore[union-attr]
    assert standing.rules_version == LOW.version  # type: ignore[union-attr]


def test_a_tick_that_brings_no_time_recomputes_too_and_the_next_one_writes_nothing() -> None:
    story = lead(SOME)
    republished(story, LOW, at=0)
    assert story.card.rules_version == LOW.version
    row = story.row
    story.hears(Tick(to=ANN, at=0))
    assert story.row is row
    assert story.last.leads == ()


def test_who_crosses_by_new_rules_is_listed_for_review_for_14_days() -> None:
    story = lead(SOME)
    assert story.card.crossed_by_rules is None
    republished(story, LOW)
    crossed = story.card.crossed_by_rules
    assert crossed is not None
    assert (crossed.version, crossed.at, crossed.total_tenths) == (LOW.version, LATER, story.card.score_tenths)
    ends = LATER + 14 * DAY
    while (wake_at := story.card.wake_at) is not None and wake_at < ends:
        story.hears(Tick(to=ANN, at=wake_at))
    assert wake_at == ends
    story.hears(Tick(to=ANN, at=ends - 1))
    assert story.card.crossed_by_rules == crossed
    story.hears(Tick(to=ANN, at=ends))
    assert story.card.crossed_by_rules is None
    assert story.card.stage == "nurture"


def test_a_crossing_is_listed_once_and_not_again_by_the_next_rules() -> None:
    story = lead(SOME)
    republished(story, LOW)
    crossed = story.card.crossed_by_rules
    lower = published(("stages.toml", "total = 100.0\nengagement = 40.0", "total = 20.0\nengagement = 20.0"))
    republished(story, lower, at=LATER + DAY)
    assert story.card.crossed_by_rules == crossed
    republished(story, RULES, at=LATER + 2 * DAY)
    assert story.card.crossed_by_rules is None
    republished(story, LOW, at=LATER + 3 * DAY)
    assert story.card.crossed_by_rules is not None
    assert story.card.crossed_by_rules.at == LATER + 3 * DAY


def test_a_later_new_hit_crosses_normally_and_leaves_the_list() -> None:
    story = lead(SOME)
    republished(story, LOW)
    card = story.hears(browser(did(points=SOME | hits("gated_download", LATER + 1)), offset=2, as_of=LATER + 1))
    assert story.way == ["T2 nurture", "T3 mql"]
    assert story.moves[2].rules_version == LOW.version
    assert card.crossed_by_rules is None


def test_who_stands_further_than_a_score_leads_is_on_no_list() -> None:
    story = lead(ENOUGH)
    republished(story, LOW)
    assert (story.card.stage, story.card.crossed_by_rules) == ("mql", None)


def test_a_raised_threshold_takes_no_mql_back() -> None:
    """Not at once, and not with the next visit: what qualified once was enough then."""
    story = lead(ENOUGH)
    republished(story, HIGH)
    assert (story.card.stage, story.card.hot) == ("mql", False)  # below 0.8 x 140
    story.hears(browser(did(points=ENOUGH | hits("gated_download", LATER)), offset=2, as_of=LATER + 1))
    assert story.way == ["T3 mql"]


def test_an_arrow_that_new_rules_alone_would_take_waits_for_the_next_thing_that_happens() -> None:
    story = lead(hits("form", NOW))
    republished(story, FORMS_ENGAGE)
    assert (story.card.stage, story.way) == ("gained", ["T1 gained"])
    assert story.row is not None
    assert story.row.held_back == "nurture"
    story.hears(Tick(to=ANN, at=LATER + DAY))  # only time
    story.hears(browser(did(points=hits("form", NOW)), offset=2, as_of=LATER + 2 * DAY))  # the same again
    assert story.way == ["T1 gained"]
    story.hears(browser(did(read("/", LATER), points=hits("form", NOW)), offset=3, as_of=LATER + 3 * DAY))
    assert story.way == ["T1 gained", "T2 nurture"]
    assert story.row.held_back == ""


def test_rules_that_are_taken_back_hold_nothing_back() -> None:
    story = lead(hits("form", NOW))
    republished(story, FORMS_ENGAGE)
    republished(story, RULES, at=LATER + 1)
    assert story.row is not None
    assert story.row.held_back == ""
    story.hears(browser(did(read("/", LATER), points=hits("form", NOW)), offset=2, as_of=LATER + 2))
    assert story.way == ["T1 gained"]


def test_a_stage_that_new_rules_alone_would_take_back_stays_whatever_is_visited() -> None:
    story = lead(hits("pricing_page", NOW))
    republished(story, FORMS_ENGAGE)
    story.hears(browser(did(read("/", LATER), points=hits("pricing_page", NOW)), offset=2, as_of=LATER))
    assert (story.card.stage, story.way) == ("nurture", ["T2 nurture"])
    story.hears(browser(did(points=hits("pricing_page", NOW), asked=[LATER]), offset=3, as_of=LATER))
    assert story.way == ["T2 nurture", "T4 mql"]


def test_a_mail_takes_nobody_back_either() -> None:
    sent = MailEvent(to=ANN, kind="delivered", mail_event_id="e1", message_id="m1", at=LATER)
    story = lead(hits("pricing_page", NOW))
    republished(story, FORMS_ENGAGE)
    story.hears(sent)
    assert story.way == ["T2 nurture"]
    forward = lead(hits("form", NOW))
    republished(forward, FORMS_ENGAGE)
    forward.hears(sent)
    assert forward.way == ["T1 gained", "T2 nurture"]


@pytest.mark.parametrize("news", [
    pytest.param(lambda: decided("restored", "a mistake", at=LATER), id="a decision"),
    pytest.param(lambda: of_deal(deal(account_id="other.example"), offset=1, to="nobody"), id="a deal"),
])  # fmt: skip
def test_what_people_decide_takes_it_back(news: Callable[[], object]) -> None:
    story = lead(hits("pricing_page", NOW))
    republished(story, FORMS_ENGAGE)
    story.hears(news())  # type: ignore[arg-type]
    assert len(story.way) == 2


def test_a_browser_that_is_withdrawn_takes_it_back() -> None:
    story = lead(hits("pricing_page", NOW))
    story.hears(browser(did(), offset=1, visitor="v2"))
    republished(story, FORMS_ENGAGE)
    story.hears(browser(None, offset=2, visitor="v2"))
    assert story.way == ["T2 nurture", "T1 gained"]


def test_a_domain_that_is_listed_later_moves_its_people_at_their_next_visit() -> None:
    story = lead(hits("pricing_page", NOW))
    republished(story, published(("routing.toml", "competitor_domains = []", f'competitor_domains = ["{ACME}"]')))
    assert story.card.stage == "nurture"
    story.hears(browser(did(read("/", LATER), points=hits("pricing_page", NOW)), offset=2, as_of=LATER))
    assert story.way == ["T2 nurture", "T14 dead_end"]


def test_news_that_comes_together_with_new_rules_moves_as_ever() -> None:
    story = lead(hits("form", NOW))
    story.rules = FORMS_ENGAGE
    story.hears(browser(did(read("/", LATER), points=hits("form", NOW)), offset=2, as_of=LATER))
    assert story.way == ["T1 gained", "T2 nurture"]


@pytest.mark.parametrize("news", [
    pytest.param(lambda: of_deal(deal(at=NOW - DAY), offset=1), id="a deal"),
    pytest.param(lambda: browser(did(), offset=1, visitor="v2"), id="another browser"),
])  # fmt: skip
def test_other_news_moves_too(news: Callable[[], object]) -> None:
    story = lead(hits("form", NOW))
    republished(story, FORMS_ENGAGE)
    story.hears(news())  # type: ignore[arg-type]
    assert len(story.way) == 2


def test_a_move_that_time_alone_brings_is_not_held_back_by_new_rules() -> None:
    """What the new rules say of the time before is theirs; what changed since then is not."""
    story = lead(hits("form", NOW))
    assert story.row is not None

    def back(stage: str, rules: Rules) -> str:
        assert story.row is not None
        now = StageNow(stage=stage, since=NOW, by=None)
        return held_back(ANN, story.row, replace(story.row, as_of=LATER), stage=now, rules=rules)

    assert back("nurture", FORMS_ENGAGE) == "nurture"
    assert back("recycle_a", FORMS_ENGAGE) == ""
    assert back("gained", FORMS_ENGAGE) == ""
    assert back("nurture", RULES) == ""


def test_a_row_of_a_release_that_noted_no_rules_fires_nothing_either() -> None:
    story = lead(SOME)
    assert story.row is not None
    story.row = replace(story.row, rules_version="")
    republished(story, LOW)
    assert story.way == ["T2 nurture"]
    assert story.card.rules_version == LOW.version


# ─── accounts
FIRST, SECOND = alert_id_of(DEAL, 1), alert_id_of(DEAL, 2)
WEAK = published(("returns.toml", "digest_from = 4\nreal_time_from = 8", "digest_from = 1\nreal_time_from = 3"))
SHORT = published(("returns.toml", "cool_down_hours = 168", "cool_down_hours = 24"))


def account(*active: int, lead_id: str = ANN) -> AccountStory:
    story = AccountStory()
    story.hears(of_deal(deal(), to=ACME, offset=1))
    story.hears(of_lead(member(active=active, rules_version=RULES.version), offset=1, lead_id=lead_id))
    return story


def told_again(story: AccountStory, rules: Rules, *, at: int = LATER) -> None:
    story.rules = rules
    story.hears(Tick(to=ACME, at=at))


def test_new_rules_raise_no_alert_and_the_next_visit_does() -> None:
    story = account(NOW - DAY, lead_id=BEN)  # R = 3
    assert story.alerts == {}
    told_again(story, WEAK)
    assert story.card.strength is not None
    assert (story.card.strength.level, story.card.rules_version) == ("real_time", WEAK.version)
    story.hears(Tick(to=ACME, at=LATER + 1))
    same = member(active=[NOW - DAY], rules_version=WEAK.version, score_tenths=999)
    story.hears(of_lead(same, offset=2, lead_id=BEN, as_of=LATER + 2))
    assert (story.alerts, story.posts) == ({}, [])
    more = member(active=[NOW - DAY, LATER], rules_version=WEAK.version)
    story.hears(of_lead(more, offset=3, lead_id=BEN, as_of=LATER + 3))
    assert (story.alert.level, story.alert.rules_version) == ("real_time", WEAK.version)
    posts = [one for one in story.last.posts if isinstance(one, Post)]
    assert [one.alert.rules_version for one in posts] == [WEAK.version]


def test_a_digest_does_not_become_real_time_by_new_rules() -> None:
    story = account(NOW - DAY)
    assert story.alert.level == "digest"
    told_again(story, WEAK)
    assert story.last.alerts == story.last.posts == ()
    story.hears(Tick(to=ACME, at=LATER + 1))
    assert (story.alert.level, len(story.posts)) == ("digest", 1)
    story.hears(of_lead(member(active=[NOW - DAY, LATER], rules_version=WEAK.version), offset=2, as_of=LATER + 2))
    assert (story.alert.level, len(story.posts)) == ("real_time", 2)


def waiting() -> AccountStory:
    """Real-time by its strength, silent by the cool-down until NOW + 168 h."""
    story = account(NOW - DAY, NOW)
    story.hears(action("dismiss", FIRST, reason="no"))
    later = [NOW - DAY, NOW, NOW + DAY, NOW + 2 * DAY]
    story.hears(of_lead(member(active=later, rules_version=RULES.version), offset=2, as_of=NOW + 2 * DAY))
    assert (story.alerts[SECOND].level, story.alerts[SECOND].strength.level) == ("digest", "real_time")
    return story


def test_a_cool_down_that_new_rules_end_announces_nothing_before_the_next_visit() -> None:
    story = waiting()
    told_again(story, SHORT, at=NOW + 2 * DAY + 1)
    story.hears(Tick(to=ACME, at=NOW + 2 * DAY + 2))
    assert story.alerts[SECOND].level == "digest"
    days = [NOW - DAY, NOW, NOW + DAY, NOW + 2 * DAY, NOW + 3 * DAY]
    story.hears(of_lead(member(active=days, rules_version=SHORT.version), offset=3, as_of=NOW + 3 * DAY))
    assert story.alerts[SECOND].level == "real_time"


@pytest.mark.parametrize("rules", [SHORT, HIGH])
def test_a_cool_down_that_time_ends_announces_also_where_new_rules_come_with_it(rules: Rules) -> None:
    story = waiting()
    ends = NOW + 168 * HOUR
    told_again(story, rules, at=ends - 1)
    assert story.alerts[SECOND].level == "digest"
    story.hears(Tick(to=ACME, at=ends))
    assert (story.alerts[SECOND].level == "real_time") is (rules is HIGH)  # SHORT's own had ended long before
    together = waiting()
    told_again(together, HIGH, at=ends)
    assert together.alerts[SECOND].level == "real_time"


def test_what_new_rules_see_in_old_visits_is_no_news() -> None:
    """A page becomes an answer, a day an intent: the lead's row says so, and nobody is told."""
    story = account(NOW - DAY)
    same = member(active=[NOW - DAY], intents=[NOW - DAY], answers={"timing": NOW - DAY}, rules_version=WEAK.version)
    story.hears(of_lead(same, offset=2, as_of=LATER))
    assert story.card.strength is not None
    assert story.card.strength.strength == 5 + 4 + 5
    assert (story.alert.level, len(story.posts)) == ("digest", 1)
    seen = member(
        active=[NOW - DAY], intents=[NOW - DAY], answers={"timing": NOW - DAY + 1}, rules_version=WEAK.version
    )
    story.hears(of_lead(seen, offset=3, as_of=LATER + 1))
    assert story.alert.level == "real_time"


def test_steps_of_the_claim_clock_that_new_rules_alone_make_due_wait_for_what_comes_next() -> None:
    hasty = published(("returns.toml", "reminder_hours = 2", "reminder_hours = 1"))
    story = account(NOW - DAY, NOW)
    told_again(story, RULES, at=NOW + 80 * MINUTE)
    told_again(story, hasty, at=NOW + 90 * MINUTE)
    assert len(story.told) == 1
    story.hears(Tick(to=ACME, at=NOW + 91 * MINUTE))
    assert [one.occasion for one in story.told] == ["raised", "reminder"]
    together = account(NOW - DAY, NOW)
    told_again(together, RULES, at=NOW + 50 * MINUTE)
    told_again(together, hasty, at=NOW + HOUR)
    assert [one.occasion for one in together.told] == ["raised", "reminder"]


def test_what_new_rules_say_of_a_hold_waits_for_what_comes_next() -> None:
    """The wording of an open alert follows its rules when something happens, or when time itself changes it."""
    short = published(("stages.toml", 'reason = "timing"\ndays = 90', 'reason = "timing"\ndays = 1'))
    story = account(NOW - DAY)
    assert story.alert.hold_until is not None
    told_again(story, short)
    assert (story.last.alerts, story.alert.hold_until is None) == ((), False)
    story.hears(Tick(to=ACME, at=LATER + 1))
    assert story.alert.hold_until is None


def test_a_message_that_comes_again_edits_no_alert_that_new_rules_alone_would_tell_otherwise() -> None:
    """A worker ends before it commits: the next one reads the message again that made the row a row of these rules."""
    heavy = published(("returns.toml", "each = 5\nmost = 10", "each = 20\nmost = 40"))
    story = account(NOW - DAY)
    told, again = story.alert, Tick(to=ACME, at=LATER)
    told_again(story, heavy)
    assert story.row is not None
    assert story.card.strength is not None
    assert (story.card.strength.strength, told.strength.strength, story.alert) == (20, 5, told)
    row, said = fold_signals(ACME, story.row, [again], version=story.row.version, rules=heavy)
    assert (row, said) == (story.row, story.last)
    story.hears(Tick(to=ACME, at=LATER + 1))
    assert story.alert.strength.strength == 20
