"""What an account tells of what is ahead, and of what became of its alerts, to whom it concerns."""

from typing import Any

from schemas.activity import Version
from schemas.deals import Owner
from schemas.posts import AlertUpdate, Outlook, Post
from schemas.touches import Tick
from streams.core.rules import Rules, load_rules
from streams.core.signals import fold_signals
from tests.unit.core.made import DAY, NAMING, NOW, RULES, files
from tests.unit.core.told import ACME, DEAL, OWNER, AccountStory, action, deal, member, of_deal, of_lead

OTHER = Owner("rep:2", "Ron", "ron@us.example")
LOST = NOW - 60 * DAY
HOLD_ENDS = LOST + 90 * DAY  # lost for its timing


def outlooks(story: AccountStory) -> list[tuple[str, Any, Any]]:
    """To whom, end of the hold, end of the contract; None None where it is withdrawn."""
    found = [one for one in story.last.posts if isinstance(one, Outlook)]
    assert all((one.deal is None) == (one.hold_ends_at is one.contract_ends_at is None) for one in found)
    return [(one.to, one.hold_ends_at, one.contract_ends_at) for one in found]


def updates(story: AccountStory) -> list[tuple[str, str]]:
    return [(one.to, one.alert.status) for one in story.last.posts if isinstance(one, AlertUpdate)]


def test_the_owner_of_a_lost_deal_is_told_when_its_hold_and_the_contract_with_the_rival_end() -> None:
    story = AccountStory()
    story.hears(of_deal(deal(contract_ends_at=NOW + 200 * DAY), to=ACME, offset=1))
    (said,) = (one for one in story.last.posts if isinstance(one, Outlook))
    assert (said.to, said.account_id, said.account_name) == (OWNER.recipient_id, ACME, "Acme")
    assert (said.hold_ends_at, said.contract_ends_at) == (HOLD_ENDS, NOW + 200 * DAY)
    assert said.deal is not None
    assert (said.deal.deal_id, said.deal.people, said.at) == (DEAL, (), NOW)


def test_it_is_said_when_it_changes_only_and_again_if_its_message_comes_again() -> None:
    story = AccountStory()
    story.hears(of_deal(deal(), to=ACME, offset=1))
    story.hears(of_lead(member(active=[NOW]), offset=1))
    assert outlooks(story) == []
    again = fold_signals(ACME, story.row, [], version=Version(0, 0), rules=RULES)
    assert [one.hold_ends_at for one in again.effects.posts if isinstance(one, Outlook)] == [HOLD_ENDS]
    story.hears(of_deal(deal(lost_reason="no_decision"), to=ACME, offset=2))
    assert outlooks(story) == [(OWNER.recipient_id, LOST + 60 * DAY, None)]


def test_a_new_owner_is_told_and_the_former_one_is_told_of_it_no_longer() -> None:
    story = AccountStory()
    story.hears(of_deal(deal(), to=ACME, offset=1))
    story.hears(of_deal(deal(owner=OTHER), to=ACME, offset=2))
    assert sorted(outlooks(story)) == sorted([(OWNER.recipient_id, None, None), (OTHER.recipient_id, HOLD_ENDS, None)])
    story.hears(of_deal(deal(), to=ACME, offset=3))
    assert sorted(outlooks(story)) == sorted([(OWNER.recipient_id, HOLD_ENDS, None), (OTHER.recipient_id, None, None)])


def test_a_deal_that_opens_is_won_or_leaves_withdraws_it() -> None:
    for facts in (deal("open", at=NOW), deal("won", at=NOW), None):
        story = AccountStory()
        story.hears(of_deal(deal(), to=ACME, offset=1))
        story.hears(of_deal(facts, to=ACME, offset=2, deal_id=DEAL))
        assert outlooks(story) == [(OWNER.recipient_id, None, None)]
        story.hears(Tick(to=ACME, at=NOW + DAY))
        assert outlooks(story) == []


def test_dates_are_ahead_until_a_week_after_them() -> None:
    week = 7 * DAY
    for late, told in ((week - 1, True), (week, False)):
        story = AccountStory()
        story.hears(of_deal(deal(), to=ACME, offset=1, as_of=HOLD_ENDS + late))
        assert bool(outlooks(story)) is told
        contract = AccountStory()
        contract.hears(of_deal(deal(contract_ends_at=NOW), to=ACME, offset=1, as_of=NOW + late))
        assert (contract.last.posts[-1].contract_ends_at == NOW) is told  # type: ignore[union-attr]


def test_without_an_owner_who_sells_the_team_is_told() -> None:
    told = files()
    told["routing.toml"] += f'\n[[rep]]\nemail = "{OWNER.email}"\nactive = false\n'
    left: Rules = load_rules(told, naming=NAMING)
    for rules, owner in ((RULES, None), (left, OWNER)):
        story = AccountStory(rules)
        story.hears(of_deal(deal(owner=owner), to=ACME, offset=1))
        assert [to for to, _, _ in outlooks(story)] == ["team:sales"]


def test_former_owners_are_remembered_eight_at_most() -> None:
    story = AccountStory()
    for n in range(1, 13):
        story.hears(of_deal(deal(owner=Owner(f"rep:{n}", "", "")), to=ACME, offset=n))
        assert (f"rep:{n}", HOLD_ENDS, None) in outlooks(story)
    assert story.row is not None
    assert list(story.row.outlooks) == sorted(f"rep:{n}" for n in range(5, 13))  # type: ignore[union-attr]


def test_everybody_who_was_posted_to_hears_what_became_of_an_alert() -> None:
    story = AccountStory()
    story.hears(of_deal(deal(), to=ACME, offset=1))
    story.hears(of_lead(member(active=[NOW - 1], intents=[NOW - 1]), offset=1))
    assert [one.to for one in story.last.posts if isinstance(one, Post)] == [OWNER.recipient_id]
    assert updates(story) == []
    story.hears(action("claim", story.alert.alert_id, at=NOW + 1))
    assert updates(story) == [(OWNER.recipient_id, "claimed")]
    claim = story.row
    assert claim is not None
    again = fold_signals(ACME, claim, [], version=claim.version, rules=RULES)
    assert [one.alert.status for one in again.effects.posts if isinstance(one, AlertUpdate)] == ["claimed"]
    story.hears(action("dismiss", story.alert.alert_id, at=NOW + 2))
    assert updates(story) == [(OWNER.recipient_id, "dismissed")]
    story.hears(Tick(to=ACME, at=NOW + 3))
    assert updates(story) == []


def test_of_an_open_alert_everybody_hears_from_the_first_change_of_r_or_its_people_on() -> None:
    """A message that they have is edited: a rep sees who else came without another message."""
    story = AccountStory()
    story.hears(of_deal(deal(), to=ACME, offset=1), of_lead(member(active=[NOW - 1], intents=[NOW - 1]), offset=1))
    story.hears(of_lead(member(active=[NOW - 1], intents=[NOW - 1], title="CEO"), offset=2))
    assert (story.alert.updates, updates(story)) == (0, [])
    story.hears(of_lead(member(active=[NOW - 1, NOW - DAY], intents=[NOW - 1]), offset=3))
    assert (story.alert.updates, updates(story)) == (1, [(OWNER.recipient_id, "open")])
    assert story.row is not None
    again = fold_signals(ACME, story.row, [], version=story.row.version, rules=RULES)
    assert again.effects.posts == story.last.posts
    story.hears(of_lead(member(active=[NOW - 1, NOW - DAY], intents=[NOW - 1], title="CEO"), offset=4))
    assert updates(story) == [(OWNER.recipient_id, "open")]
