"""A lead: how it moves, what moves it, and what it says to others."""

import pytest

from schemas.signals import LeadStanding
from schemas.touches import Tick
from streams.core.errors import CoreError, UnknownDecision
from streams.core.lead import fold as lead
from streams.core.rules import Rules, load_rules
from tests.unit.core.made import ANN, DAY, HOUR, NAMING, NOW, files
from tests.unit.core.told import ACME, ENOUGH, LeadStory, browser, deal, decided, did, hits, of_deal, read

LATER = NOW + DAY
PRICING = read("/pricing", NOW - HOUR, kind="pricing")


def rules_with(name: str, old: str, new: str) -> Rules:
    told = files()
    assert old in told[name]
    return load_rules(told | {name: told[name].replace(old, new)}, naming=NAMING)


def standings(story: LeadStory) -> dict[str, LeadStanding]:
    return {one.to: one for one in story.last.signals if isinstance(one, LeadStanding)}


def adds_up(story: LeadStory) -> bool:
    card = story.card
    return sum(line.tenths for line in card.lines) == card.score_tenths


def test_a_person_with_a_name_is_gained_and_with_interest_in_nurture() -> None:
    """Ask A13."""
    story = LeadStory()
    story.hears(browser(did(), offset=1))
    assert story.way == ["T1 gained"]
    card = story.hears(browser(did(PRICING, points=hits("pricing_page", PRICING.at)), offset=2))
    assert story.way == ["T1 gained", "T2 nurture"]
    assert [(move.number, move.from_stage, move.via) for move in card.moves] == [
        (2, "gained", "interest"),
        (1, "", "contact"),
    ]
    assert (card.stage, card.stage_since) == ("nurture", PRICING.at)
    assert adds_up(story)


def test_the_moment_of_a_move_is_that_of_what_proves_it_and_never_before_the_last() -> None:
    story = LeadStory()
    story.hears(browser(did(), offset=1, known_at=NOW))
    story.hears(browser(did(points=hits("pricing_page", NOW - 5 * DAY)), offset=2, known_at=NOW, as_of=LATER))
    assert [move.effective_at for move in story.moves.values()] == [NOW, NOW]
    assert [move.recorded_at for move in story.moves.values()] == [NOW, LATER]


def test_a_score_qualifies_with_its_evidence_and_fading_never_takes_it_back() -> None:
    """Ask A13."""
    story = LeadStory()
    story.hears(browser(did(PRICING, points=hits("pricing_page", PRICING.at)), offset=1))
    card = story.hears(browser(did(PRICING, points=ENOUGH), offset=2))
    assert card.score_tenths >= 1_000
    assert story.way == ["T2 nurture", "T3 mql"]
    assert story.moves[2].via == "score"
    assert story.moves[2].evidence[0] == f"score {card.score_tenths / 10:.1f}"
    assert any(one.startswith("pricing_page 10.00 hit ") for one in story.moves[2].evidence)
    assert card.hot
    assert card.wake_at == card.reminder_at
    assert card.falls_below_at is not None
    assert card.due_at is not None
    assert story.hears(Tick(to=ANN, at=card.due_at)).wake_at == card.falls_below_at
    card = story.hears(Tick(to=ANN, at=card.falls_below_at))
    assert (card.stage, card.hot, card.falls_below_at) == ("mql", True, None)
    assert card.score_tenths < 1_000
    assert card.wake_at is not None
    card = story.hears(Tick(to=ANN, at=card.wake_at))
    assert (card.stage, card.hot, card.wake_at) == ("mql", False, None)
    assert card.score_tenths < 800
    assert len(story.moves) == 2


@pytest.mark.parametrize("points", [
    pytest.param(hits("form", NOW, NOW - DAY) | hits("pricing_page", NOW), id="too few points"),
    pytest.param(hits("form", NOW, NOW - DAY), id="one family"),
])  # fmt: skip
def test_a_score_below_its_thresholds_qualifies_nobody(points: dict[str, tuple[lead.Lead, ...]]) -> None:
    story = LeadStory()
    story.hears(browser(did(points=points), offset=1))  # type: ignore[arg-type]
    assert story.card.stage in ("gained", "nurture")


def test_points_that_only_new_rules_give_qualify_nobody_before_the_next_hit() -> None:
    """Publishing rules recomputes the score and fires nothing."""
    points = hits("pricing_page", NOW) | hits("form", NOW)
    story = LeadStory()
    story.hears(browser(did(points=points), offset=1))
    story.rules = rules_with("stages.toml", "total = 100.0\nengagement = 40.0", "total = 20.0\nengagement = 20.0")
    card = story.hears(Tick(to=ANN, at=NOW + 1))
    assert card.score_tenths > card.threshold_tenths == 200
    assert card.stage == "nurture"
    more = points | hits("gated_download", NOW)
    assert story.hears(browser(did(points=more), offset=2, as_of=NOW + 2)).stage == "mql"


def test_evidence_that_is_withdrawn_corrects_the_move() -> None:
    """An un-merge: what qualified was somebody else's."""
    story = LeadStory()
    story.hears(browser(did(points=hits("pricing_page", NOW)), offset=1))
    story.hears(browser(did(points=ENOUGH), offset=1, visitor="v2"))
    assert story.card.stage == "mql"
    story.hears(browser(None, offset=2, visitor="v2", as_of=LATER))
    assert story.way == ["T2 nurture", "T3 mql", "T2 nurture"]
    assert story.moves[3].via == "correction"
    story.hears(browser(did(points=ENOUGH), offset=3, visitor="v2", as_of=LATER + 1))
    assert story.card.stage == "mql"


def test_a_request_is_a_fast_pass_whatever_the_score() -> None:
    """Asks A13, A16."""
    story = LeadStory()
    story.hears(browser(did(asked=[NOW]), offset=1))
    assert story.way == ["T4 mql"]
    assert (story.moves[1].via, story.moves[1].skipped) == ("fast_pass", ("gained", "nurture"))
    assert story.moves[1].evidence == (f"requested:r{NOW} quote",)


def test_a_lost_deal_holds_its_people_and_starts_their_score_anew() -> None:
    """Ask A20."""
    story = LeadStory()
    lost = deal(at=NOW - 10 * DAY)
    old, new = NOW - 20 * DAY, NOW - DAY
    story.hears(browser(did(points=hits("pricing_page", old, new)), offset=1))
    before = story.card.score_tenths
    card = story.hears(of_deal(lost, offset=1))
    assert story.way == ["T2 nurture", "T11 recycle_b"]
    assert story.moves[2].actor == "crm"
    assert card.hold_until == lost.reported_at + 90 * DAY == card.wake_at
    assert card.deals == (lost,)
    assert card.score_tenths < before
    line = next(line for line in card.lines if line.name == "pricing_page")
    assert {hit.at: hit.set_aside for hit in line.hits} == {old: "before the lost deal", new: ""}
    assert adds_up(story)


def test_after_the_hold_the_next_visit_leads_back_to_nurture() -> None:
    """Ask A21."""
    story = LeadStory()
    lost = deal(at=NOW - 100 * DAY)
    story.hears(of_deal(lost, offset=1))
    story.hears(browser(did(read("/", NOW - 20 * DAY)), offset=1))
    assert story.card.stage == "recycle_b"
    story.hears(browser(did(read("/", NOW - 20 * DAY), read("/", NOW - 5 * DAY)), offset=2))
    assert story.way == ["T11 recycle_b", "T12 nurture"]
    assert story.moves[2].effective_at == NOW - 5 * DAY


def test_a_score_alone_takes_nobody_out_of_recycling() -> None:
    """Before the hold is over only a request does; afterwards the visit leads back and the next hit qualifies."""
    story = LeadStory()
    story.hears(of_deal(deal(at=NOW - 50 * DAY), offset=1))
    card = story.hears(browser(did(points=ENOUGH), offset=1))
    assert card.hot
    assert (card.stage, story.way) == ("recycle_b", ["T11 recycle_b"])
    free = LeadStory()
    free.hears(of_deal(deal(at=NOW - 100 * DAY), offset=1))
    free.hears(browser(did(points=ENOUGH), offset=1))
    assert free.way == ["T11 recycle_b", "T3 mql"]
    assert free.moves[2].skipped == ("nurture",)


def test_a_deal_takes_its_people_along_and_a_jump_says_so() -> None:
    """Ask A18."""
    story = LeadStory()
    story.hears(of_deal(deal("open", at=NOW - DAY), offset=1))
    assert story.way == ["T9 consultation"]
    assert story.moves[1].skipped == ("gained", "nurture", "mql", "meeting")
    story.hears(of_deal(deal("won", at=NOW), offset=2))
    story.hears(of_deal(deal("lost", at=NOW + 1, deal_id="deal:crm:2"), offset=1, as_of=LATER))
    assert story.way == ["T9 consultation", "T11 won"]


def test_a_deal_that_was_somebody_elses_is_corrected() -> None:
    story = LeadStory()
    story.hears(browser(did(PRICING, points=hits("pricing_page", PRICING.at)), offset=1), of_deal(deal(), offset=1))
    assert story.card.stage == "recycle_b"
    story.hears(of_deal(None, offset=2, as_of=LATER))
    assert (story.card.stage, story.card.moves[0].via, story.card.hold_until) == ("nurture", "correction", None)


def test_a_dead_end_scores_nothing_for_others_and_is_left_by_hand_only() -> None:
    story = LeadStory()
    story.hears(browser(did(PRICING, points=hits("pricing_page", PRICING.at)), offset=1))
    story.hears(decided("dead_end", "student"))
    assert story.card.stage == "dead_end"
    assert standings(story)[ACME].member is not None
    assert standings(story)[ACME].member.dead_end  # type: ignore[union-attr]
    assert (story.moves[2].rule_id, story.moves[2].actor) == ("T14", "sam")
    story.hears(browser(did(PRICING, points=hits("pricing_page", PRICING.at), asked=[LATER]), offset=2, as_of=LATER))
    assert story.card.stage == "dead_end"
    story.hears(decided("restored", "was a mistake", at=LATER + 1))
    back = story.moves[3]
    assert (back.to_stage, back.via, back.rule_id, back.effective_at) == ("mql", "restored", "T14", LATER + 1)
    assert back.evidence == (f"restored:restored@{LATER + 1} was a mistake",)


@pytest.mark.parametrize(("kind", "reason"), [("dead_end", "rude"), ("deal_won", ""), ("nonsense", "")])
def test_what_nobody_may_say_changes_nothing(kind: str, reason: str) -> None:
    story = LeadStory()
    story.hears(browser(did(), offset=1))
    row = story.row
    with pytest.raises(UnknownDecision) as refused:
        story.hears(browser(None, offset=9), decided(kind, reason))
    assert isinstance(refused.value, CoreError)
    assert story.row is row


@pytest.mark.parametrize(("name", "reason"), [("own_domains", "staff"), ("competitor_domains", "competitor")])
def test_people_of_listed_domains_are_a_dead_end_at_once(name: str, reason: str) -> None:
    """Ask A24."""
    story = LeadStory(rules_with("routing.toml", f"{name} = []", f'{name} = ["{ACME}"]'))
    story.hears(browser(did(PRICING, email="ann@mail.acme.example"), offset=1))
    assert story.way == ["T14 dead_end"]
    assert story.moves[1].evidence == (f"dead_end:list:{ACME} {reason}",)
    assert not story.card.hot


@pytest.mark.parametrize(
    ("said", "stage"), [("no", "gained"), ("False", "gained"), ("yes", "nurture"), ("", "nurture")]
)
def test_consent_to_marketing_is_there_unless_refused(said: str, stage: str) -> None:
    traits = {"marketing_consent": said} if said else {}
    story = LeadStory()
    story.hears(browser(did(PRICING, points=hits("pricing_page", PRICING.at), **traits), offset=1))
    assert story.card.stage == stage


def test_with_opt_in_consent_has_to_be_given() -> None:
    told = rules_with("stages.toml", 'mode = "opt_out"', 'mode = "opt_in"')
    for said, stage in (("", "gained"), ("maybe", "gained"), ("yes", "nurture")):
        story = LeadStory(told)
        traits = {"marketing_consent": said} if said else {}
        story.hears(browser(did(PRICING, points=hits("pricing_page", PRICING.at), **traits), offset=1))
        assert story.card.stage == stage


def test_accounts_are_told_and_told_when_it_ends() -> None:
    """The account of the address, and each whose deal names the lead."""
    story = LeadStory()
    story.hears(browser(did(), offset=1), of_deal(deal(account_id="crm:generic:parent"), offset=1))
    assert set(standings(story)) == {ACME, "crm:generic:parent"}
    story.hears(of_deal(None, offset=2))
    assert standings(story)["crm:generic:parent"].member is None
    assert standings(story)[ACME].member is not None
    story.hears(browser(did(PRICING), offset=2, as_of=LATER))
    assert set(standings(story)) == {ACME}


def test_a_person_whom_only_the_crm_knows_has_a_name_and_the_deals_trust() -> None:
    """Ask A2."""
    story = LeadStory()
    card = story.hears(of_deal(deal(), offset=1))
    assert (card.name, card.email, card.account_id, card.trust) == ("Ann Example", "ann@acme.example", ACME, "proven")
    card = story.hears(browser(did(), offset=1))
    assert card.trust == "claimed"
    card = story.hears(browser(did(), offset=1, visitor="v2", trust="proven"))
    assert (card.trust, card.visitors) == ("proven", ("v1", "v2"))


def test_a_free_mail_address_has_no_account() -> None:
    story = LeadStory()
    assert story.hears(browser(did(email="ann@gmail.com"), offset=1)).account_id == ""
    assert story.last.signals == ()
