"""Who belongs to an account within its bounds: 64 whole, 192 more for the roll-up, and nobody twice."""

from streams.core.account.fold import Account
from tests.unit.core.made import DAY, NOW
from tests.unit.core.told import AccountStory, member, of_lead, of_network

HOURLY = DAY // 24


def row_of(story: AccountStory) -> Account:
    assert isinstance(story.row, Account)
    return story.row


def crowd(story: AccountStory, n: int, **more: object) -> None:
    """`n` people, the first the most recently active; each has 1 point."""
    story.hears(*(
        of_lead(member(active=[NOW - k * HOURLY], engagement_tenths=10, **more), offset=1, lead_id=f"lead{k:03}")
        for k in range(n)
    ))  # fmt: skip


def test_64_find_a_place_and_nothing_is_approximate() -> None:
    story = AccountStory()
    crowd(story, 64)
    assert story.last.approximated == ()
    assert (len(story.card.members), story.card.more_members) == (64, 0)


def test_the_stalest_beyond_64_still_count_in_the_roll_up_and_the_stage() -> None:
    story = AccountStory()
    crowd(story, 70)
    story.hears(of_lead(
        member(active=[NOW - 100 * DAY], stage="won", engagement_tenths=900, fit=40, fit_company=20), offset=1,
        lead_id="old",
    ))  # fmt: skip
    assert story.last.approximated == ("members",)
    card = story.card
    assert (len(card.members), card.more_members) == (64, 7)
    assert (card.roll_up[0].who, card.roll_up[0].tenths) == ("old", 900)
    assert card.stage == "won"
    assert card.fit == 40


def test_breadth_knows_those_beyond_too() -> None:
    story = AccountStory()
    crowd(story, 100)
    assert story.card.breadth == 100


def test_who_says_something_new_is_whole_again_and_never_there_twice() -> None:
    story = AccountStory()
    crowd(story, 66)
    assert set(row_of(story).rest) == {"lead064", "lead065"}
    story.hears(of_lead(member(active=[NOW + 1], engagement_tenths=500), offset=2, lead_id="lead065"))
    row = row_of(story)
    assert "lead065" in row.members
    assert set(row.rest) == {"lead063", "lead064"}
    assert [line.tenths for line in story.card.roll_up] == [500, 10, 10, 10, 10]


def test_a_late_copy_does_not_undo_what_one_beyond_said_last() -> None:
    story = AccountStory()
    crowd(story, 65)
    story.hears(of_lead(member(active=[NOW - 65 * HOURLY], engagement_tenths=70), offset=5, lead_id="lead064"))
    before = row_of(story)
    story.hears(of_lead(member(active=[NOW + 9], engagement_tenths=10), offset=4, lead_id="lead064"))
    assert row_of(story).rest == before.rest
    assert "lead064" not in row_of(story).members


def test_who_leaves_from_beyond_is_gone() -> None:
    story = AccountStory()
    crowd(story, 65)
    story.hears(of_lead(None, offset=2, lead_id="lead064"))
    assert row_of(story).rest == {}
    story.hears(of_lead(member(engagement_tenths=900), offset=1, lead_id="lead064"))
    assert story.card.roll_up[0].tenths == 10


def test_dead_ends_and_silenced_beyond_do_not_count() -> None:
    story = AccountStory()
    crowd(story, 64)
    story.hears(
        of_lead(member(active=[NOW - 90 * DAY], engagement_tenths=900, dead_end=True), offset=1, lead_id="d"),
        of_lead(member(active=[NOW - 90 * DAY], engagement_tenths=900, silenced=True), offset=1, lead_id="s"),
    )
    assert story.card.roll_up[0].tenths == 10
    assert story.card.more_members == 2


def test_beyond_192_more_the_stalest_are_let_go() -> None:
    story = AccountStory()
    crowd(story, 64 + 192 + 5)
    assert set(row_of(story).rest) == {f"lead{k:03}" for k in range(64, 64 + 192)}
    assert story.last.approximated == ("members",)


def test_of_those_that_withdrew_64_are_remembered() -> None:
    story = AccountStory()
    for k in range(70):
        story.hears(of_lead(None, offset=k + 1, lead_id=f"lead{k:03}"))
    assert sorted(row_of(story).members) == [f"lead{k:03}" for k in range(6, 70)]


def test_16_visitors_of_networks_the_most_recently_active() -> None:
    story = AccountStory()
    story.hears(*(of_network(member(active=[NOW - k * HOURLY]), offset=1, visitor=f"v{k:02}") for k in range(16)))
    assert story.last.approximated == ()
    story.hears(of_network(member(active=[NOW + 1]), offset=1, visitor="new"))
    assert story.last.approximated == ("networks",)
    assert sorted(row_of(story).networks) == sorted({"new"} | {f"v{k:02}" for k in range(15)})
    assert story.card.flags["network_visitors"] == 16
    story.hears(of_network(None, offset=2, visitor="new"))
    assert story.card.flags["network_visitors"] == 15
