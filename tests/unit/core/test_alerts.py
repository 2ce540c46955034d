"""Alerts by episode: raised once, edited, claimed first come, silent in the cool-down, ended."""

import pytest
from msgspec.structs import replace

from schemas.activity import Version
from schemas.ids import alert_id_of
from schemas.touches import Tick
from streams.core.alert.posts import raised_to
from streams.core.errors import UnknownRow
from streams.core.signals import fold_signals
from tests.unit.core.made import ANN, BEN, DAY, HOUR, NOW
from tests.unit.core.told import ACME, DEAL, OWNER, AccountStory, action, deal, member, of_deal, of_lead, read

FIRST, SECOND = alert_id_of(DEAL, 1), alert_id_of(DEAL, 2)


def lost(**more: object) -> AccountStory:
    """An account whose deal was lost 60 days ago."""
    story = AccountStory()
    story.hears(of_deal(deal(**more), to=ACME, offset=1))  # type: ignore[arg-type]
    return story


def free(**more: object) -> AccountStory:
    """An account whose deal was lost so long ago that no hold lasts."""
    return lost(at=NOW - 200 * DAY, **more)


def ann(story: AccountStory, *active: int, lead_id: str = ANN, **more: object) -> None:
    """Ann was active at these times; each call is a newer standing."""
    offset = 1 + (0 if story.row is None else story.row.version.offset)
    as_of = int(more.pop("as_of", NOW))  # type: ignore[call-overload]
    story.hears(of_lead(member(active=active, **more), offset=offset, lead_id=lead_id, as_of=as_of))  # type: ignore[arg-type]


def test_a_plain_day_of_a_deal_person_is_a_digest_and_a_second_one_real_time() -> None:
    """Ask A23."""
    story = lost()
    ann(story, NOW - DAY)
    assert (story.alert.level, story.alert.strength.strength, story.alert.real_time_at) == ("digest", 5, None)
    assert story.posts == [(FIRST, "digest", OWNER.recipient_id)]
    ann(story, NOW - DAY, NOW)
    assert (story.alert.level, story.alert.strength.strength, story.alert.real_time_at) == ("real_time", 8, NOW)
    assert (story.alert.raised_at, story.alert.updates, story.alert.alert_id) == (NOW, 1, FIRST)
    assert story.posts[1:] == [(FIRST, "real_time", OWNER.recipient_id)]
    assert story.card.alerts == (FIRST,)


def test_an_alert_tells_its_six_lines() -> None:
    """Ask A5."""
    story = lost(lost_reason="price", competitor="Rival", amount=12_000.0, currency="EUR", lost_stage="negotiation")
    ann(story, NOW - DAY, NOW - 20 * DAY, intents=[NOW - DAY], reasons=("Pricing page 10.0",))
    ann(story, NOW, lead_id=BEN, name="Ben", human=False)
    alert = story.alert
    assert (alert.account_name, alert.back_after_days) == ("Acme", 19)
    assert (alert.deal.lost_reason, alert.deal.competitor, alert.deal.owner, alert.recipient) == (
        "price",
        "Rival",
        OWNER,
        OWNER,
    )
    assert [(one.name, one.on_deal, one.active_days) for one in alert.people] == [
        ("Ann Example", True, 1),
        ("Ben", False, 1),
    ]
    assert alert.people[0].reasons == ("Pricing page 10.0",)
    assert alert.next_act == "Information only: no contact before 2026-07-18. Then: Value case first. No discount."
    assert alert.hold_until == NOW - 60 * DAY + 180 * DAY
    assert alert.human is False
    assert sum(line.strength for line in alert.strength.lines) == alert.strength.strength == 5 + 3 + 4 + 4 + 3


def test_an_alert_shows_pages_of_its_window_only() -> None:
    """What was read at the moment that the window is counted from is before it."""
    story = lost()
    ann(story, NOW - DAY)
    since = story.alert.strength.counted_from
    ann(story, NOW - DAY, NOW, pages=(read("/in", since + 1), read("/out", since)))
    assert [page.path for page in story.alert.pages] == ["/in"]


def test_a_level_is_raised_once_whoever_has_the_alert_by_then() -> None:
    story = lost()
    ann(story, NOW - DAY)
    assert story.row is not None
    episode = story.row.episodes[0]
    assert raised_to(episode, "somebody else", at=NOW, version=Version(0, 9)) is episode
    higher = raised_to(replace(episode, level="real_time"), "somebody else", at=NOW, version=Version(0, 9))
    assert [(one.level, one.recipient_id) for one in higher.posts] == [
        ("digest", OWNER.recipient_id),
        ("real_time", "somebody else"),
    ]


def test_without_an_earlier_visit_the_loss_is_what_they_are_back_after() -> None:
    story = lost()
    ann(story, NOW - DAY, NOW - 2 * DAY)
    assert story.alert.back_after_days == 58


def test_the_tail_of_the_old_talks_raises_nothing() -> None:
    story = lost(at=NOW - 10 * DAY)
    ann(story, NOW - DAY, NOW - 2 * DAY, NOW - 3 * DAY)
    assert story.alerts == {}
    assert story.card.not_candidate == "lost too recently"
    ann(story, NOW - DAY, NOW + 5 * DAY, as_of=NOW + 5 * DAY)
    assert story.alert.strength.strength == 5


def test_a_deal_that_the_crm_reports_late_raises_for_visits_that_are_there() -> None:
    story = AccountStory()
    ann(story, NOW - DAY, NOW)
    assert story.alerts == {}
    story.hears(of_deal(deal(), to=ACME, offset=1))
    assert story.alert.level == "real_time"


def test_a_request_is_real_time_at_once_and_lifts_the_hold() -> None:
    story = lost()
    ann(story, asked=[NOW], lead_id=BEN)
    assert (story.alert.level, story.alert.fast_pass, story.alert.hold_until) == ("real_time", True, None)
    assert [one.lead_id for one in story.alert.people] == [BEN]


def test_a_deal_without_an_owner_goes_to_the_team() -> None:
    story = lost(owner=None)
    ann(story, NOW - DAY)
    assert story.posts == [(FIRST, "digest", "team:sales")]
    assert story.alert.recipient is None


def test_time_alone_and_scores_that_fade_raise_nothing() -> None:
    """Only what happened opens an episode; what closed it counts no more."""
    story = lost()
    ann(story, NOW - DAY)
    story.hears(action("dismiss", FIRST, reason="partner"))
    ann(story, NOW - DAY, score_tenths=10, as_of=NOW + HOUR)
    story.hears(Tick(to=ACME, at=NOW + 2 * HOUR))
    assert list(story.alerts) == [FIRST]
    assert story.alert.status == "dismissed"


def test_a_claim_is_first_come_and_r_counts_anew() -> None:
    story = lost()
    ann(story, NOW - DAY, NOW - 2 * DAY)
    story.hears(action("claim", FIRST, actor="sam"), action("claim", FIRST, actor="kim"))
    assert (story.alert.status, story.alert.claimed_by, story.alert.claimed_at) == ("claimed", "sam", NOW)
    assert story.card.strength is not None
    assert story.card.strength.strength == 0
    assert story.alert.strength.strength == 8
    story.hears(action("claim", FIRST, actor="kim", at=NOW + 1))
    assert story.alert.claimed_by == "sam"
    ann(story, NOW - DAY, NOW - 2 * DAY, NOW + DAY, as_of=NOW + DAY)
    assert (story.alert.status, story.alert.claimed_by, story.alert.strength.strength) == ("claimed", "sam", 5)
    assert story.alert.updates == 1
    assert len(story.alerts) == 1


@pytest.mark.parametrize(
    ("what", "reason", "status"), [("contacted", "talking", "done"), ("dismiss", "partner", "dismissed")]
)
def test_what_was_closed_stays_closed_and_what_happens_after_it_is_a_new_return(
    what: str, reason: str, status: str
) -> None:
    story = free()
    ann(story, NOW - DAY, NOW - 2 * DAY)
    story.hears(action(what, FIRST, reason=reason))
    assert (story.alert.status, story.alert.closed_reason) == (status, reason)
    story.hears(action("claim", FIRST, at=NOW + 1), action("dismiss", FIRST, at=NOW + 1, reason="other"))
    assert (story.alert.status, story.alert.closed_reason, story.alert.claimed_by) == (status, reason, "")
    ann(story, NOW - DAY, NOW - 2 * DAY, NOW + HOUR, as_of=NOW + DAY)
    assert story.alerts[SECOND].episode == 2
    assert story.alerts[SECOND].strength.strength == 5
    assert story.card.alerts == (SECOND, FIRST)


def test_an_action_on_an_alert_that_is_not_there_is_refused_before_anything_changes() -> None:
    story = lost()
    ann(story, NOW - DAY)
    row = story.row
    with pytest.raises(UnknownRow):
        story.hears(of_lead(None, offset=99), action("claim", FIRST), action("claim", SECOND))
    assert story.row is row
    with pytest.raises(UnknownRow):
        AccountStory().hears(action("claim", FIRST))


def test_within_the_cool_down_a_new_return_is_silent_until_its_end() -> None:
    story = free()
    ann(story, NOW - DAY, NOW)
    story.hears(action("contacted", FIRST, reason="no"))
    ann(story, NOW - DAY, NOW, NOW + DAY, NOW + 2 * DAY, as_of=NOW + 2 * DAY)
    assert (story.alerts[SECOND].level, story.alerts[SECOND].strength.level) == ("digest", "real_time")
    ends = NOW + 168 * HOUR
    assert story.card.wake_at == ends
    story.hears(Tick(to=ACME, at=ends - 1))
    assert story.alerts[SECOND].level == "digest"
    story.hears(Tick(to=ACME, at=ends))
    assert (story.alerts[SECOND].level, story.alerts[SECOND].real_time_at) == ("real_time", ends)
    assert [(one, level) for one, level, _ in story.raised] == [
        (FIRST, "real_time"), (SECOND, "digest"), (SECOND, "real_time"),
    ]  # fmt: skip


def test_a_return_that_is_weak_when_the_cool_down_ends_stays_silent() -> None:
    story = free()
    ann(story, NOW - DAY, NOW)
    story.hears(action("contacted", FIRST, reason="no"))
    ann(story, NOW, NOW + 1 + HOUR, NOW + DAY, as_of=NOW + DAY)
    story.hears(of_lead(member(active=[NOW + DAY]), offset=50, as_of=NOW + 2 * DAY))
    story.hears(Tick(to=ACME, at=NOW + 168 * HOUR))
    assert story.alerts[SECOND].level == "digest"


@pytest.mark.parametrize("who", ["new person", "request", "answer"])
def test_what_was_not_announced_breaks_through_the_cool_down_once(who: str) -> None:
    story = free(lost_reason="price")
    ann(story, NOW - DAY, NOW)
    story.hears(action("contacted", FIRST, reason="no"))
    later = NOW + 2 * DAY
    match who:
        case "new person":
            ann(story, later, NOW + DAY, lead_id=BEN, intents=[later], as_of=later)
        case "request":
            ann(story, later, asked=[later], as_of=later)
        case _:
            ann(story, later, answers={"price": later}, as_of=later)
    assert story.alerts[SECOND].level == "real_time"
    third = alert_id_of(DEAL, 3)
    story.hears(action("contacted", SECOND, reason="no", at=later + 1))
    after = later + DAY
    if who == "new person":
        ann(story, after, after + DAY, lead_id=BEN, intents=[after], as_of=after + DAY)
    else:
        ann(story, after, asked=[after], answers={"price": after}, as_of=after + DAY)
    expected = {"new person": "digest", "request": "real_time", "answer": "real_time"}[who]
    assert story.alerts[third].level == expected  # an answer had not been announced after a request, nor the other way


def test_an_episode_expires_without_a_new_day_and_later_visits_open_the_next() -> None:
    story = free()
    ann(story, NOW - DAY)
    assert story.card.wake_at == NOW + 29 * DAY
    story.hears(Tick(to=ACME, at=NOW + 29 * DAY - 1))
    assert story.alert.status == "open"
    story.hears(Tick(to=ACME, at=NOW + 29 * DAY))
    assert (story.alert.status, story.alert.strength.strength) == ("expired", 5)
    ann(story, NOW + 29 * DAY + HOUR, as_of=NOW + 30 * DAY)
    assert story.alerts[SECOND].status == "open"


def test_a_weak_new_day_keeps_an_episode_alive_and_its_alert_as_it_was() -> None:
    story = free()
    ann(story, NOW - DAY)
    ann(story, NOW + 20 * DAY, lead_id=BEN, as_of=NOW + 20 * DAY)
    assert story.card.strength is not None
    assert story.card.strength.strength == 3
    assert story.alert.strength.strength == 5
    assert story.card.wake_at == NOW + 50 * DAY


@pytest.mark.parametrize(("status", "reason"), [("open", "open deal"), ("won", "customer")])
def test_a_new_deal_ends_the_return_well(status: str, reason: str) -> None:
    story = lost()
    ann(story, NOW - DAY)
    story.hears(of_deal(deal(status, deal_id="deal:crm:2", at=NOW), to=ACME, offset=1))
    assert (story.alert.status, story.alert.closed_reason, story.card.strength) == ("done", reason, None)
    assert story.card.wake_at is None


def test_a_deal_that_moves_away_takes_its_alert_out_of_the_inbox() -> None:
    story = lost()
    ann(story, NOW - DAY)
    story.hears(of_deal(None, to=ACME, offset=2))
    assert (story.alert.status, story.card.not_candidate) == ("dismissed", "no lost deal")


def test_a_return_of_several_losses_belongs_to_the_freshest_and_names_the_others() -> None:
    story = lost()
    old = deal(deal_id="deal:crm:0", at=NOW - 400 * DAY)
    story.hears(of_deal(old, to=ACME, offset=1))
    ann(story, NOW - DAY)
    assert (story.alert.alert_id, story.alert.other_deals) == (FIRST, ("deal:crm:0",))


def test_the_same_block_again_says_the_same_again_and_news_of_nothing_says_nothing() -> None:
    story = lost()
    ann(story, NOW - DAY, NOW)
    said, row = story.last, story.row
    assert row is not None
    block = [of_lead(member(active=[NOW - DAY, NOW]), offset=1)]
    again = fold_signals(ACME, row, block, version=row.version, rules=story.rules)
    assert (again.row, again.effects) == (row, said)
    newer = replace(row, version=row.version._replace(offset=9)).version
    nothing = fold_signals(ACME, row, block, version=newer, rules=story.rules)
    assert nothing.row is row
    assert nothing.effects.alerts == nothing.effects.accounts == nothing.effects.posts == ()


def test_a_level_only_rises_and_a_page_more_is_no_new_alert() -> None:
    story = lost()
    ann(story, NOW - 3 * DAY, NOW - 2 * DAY)
    ann(story, NOW - 3 * DAY, NOW - 2 * DAY + HOUR)
    assert (story.alert.level, story.alert.updates) == ("real_time", 0)
    ann(story, NOW - 3 * DAY, NOW - 2 * DAY, NOW + 11 * DAY + 2 * HOUR, as_of=NOW + 12 * DAY)
    assert (story.alert.strength.strength, story.alert.level) == (5, "real_time")
    assert story.raised == [(FIRST, "real_time", OWNER.recipient_id)]


def test_an_account_never_forgets_how_many_episodes_there_were() -> None:
    story = lost()
    for n in range(40):
        at = NOW + n * 10 * DAY
        ann(story, at, as_of=at)
        story.hears(action("dismiss", alert_id_of(DEAL, n + 1), at=at + 1, reason="no"))
    assert len(story.alerts) == 40
    assert len(story.card.alerts) == 16
    story.hears(action("claim", FIRST, at=NOW + 400 * DAY))
    assert story.alerts[FIRST].claimed_by == ""


def test_a_visit_that_arrives_after_its_episode_expired_opens_no_other() -> None:
    story = lost()
    ann(story, NOW - DAY)
    ann(story, NOW - DAY, NOW + 20 * DAY, as_of=NOW + 30 * DAY)
    assert (story.alert.status, story.card.strength.strength if story.card.strength else None) == ("expired", 0)
