"""A lead hears of mails: its stage by a person's click, its score by the clock, what it says of mails to others."""

from typing import Any

import pytest
from msgspec.structs import replace

from schemas.activity import Activity, Milestone, Version, Void
from schemas.cards import LeadCard, MailFlags
from schemas.lead_body import Known, LeadBody
from schemas.mail import NO_MAIL, Mail
from schemas.signals import Member
from schemas.touches import LeadForward, Tick, VoidOrder
from streams.core.errors import UnknownDecision
from streams.core.lead.fold import fold
from streams.core.lead.view import view_of
from tests.unit.core.made import ANN, BEN, DAY, MINUTE, NOW, RULES, activity, human_click, imported, mailed, track
from tests.unit.core.told import LeadStory, browser, deal, did, hash_of, hits, of_deal, read


def line(card: LeadCard, name: str) -> Any:
    return next((one for one in card.lines if one.name == name), None)


def member_of(story: LeadStory) -> Member:
    """What the story's lead stands for at its account."""
    member = story.last.signals[0].member  # type: ignore[union-attr]
    assert isinstance(member, Member)
    return member


def test_a_person_s_click_makes_a_lead_and_shows_interest() -> None:
    """Asks A9, A13: arrows T1 and T2 by a link that was signed for this lead."""
    story = LeadStory()
    card = story.hears(*human_click(NOW))
    assert story.way == ["T2 nurture"]
    assert (card.stage_since, card.known_at, card.trust) == (NOW, NOW, "claimed")
    assert story.moves[1].skipped == ("gained",)
    assert story.row is not None
    assert view_of(ANN, story.row, RULES).mail.milestones() == (Milestone(NOW, "engaged", "engaged", "mail_click"),)


@pytest.mark.parametrize("said", [[mailed("clicked", NOW)], [mailed("opened", NOW)], [mailed("sent", NOW)]])
def test_what_a_program_may_have_done_makes_no_lead(said: list[Any]) -> None:
    story = LeadStory()
    folded = fold(ANN, None, [*said, Tick(to=ANN, at=NOW + 20 * MINUTE)], version=Version(0, 0), rules=story.rules)
    assert (folded.effects.leads, folded.effects.transitions) == ((), ())


def test_a_probable_click_shows_no_interest() -> None:
    story = LeadStory()
    card = story.hears(browser(did(), offset=1), mailed("clicked", NOW), Tick(to=ANN, at=NOW + 15 * MINUTE))
    assert (card.stage, card.score_tenths) == ("gained", 10)


def test_a_pending_click_wakes_the_lead_and_is_probable_then() -> None:
    story = LeadStory()
    pending = story.hears(browser(did(), offset=1), mailed("clicked", NOW))
    assert (pending.score_tenths, pending.wake_at) == (0, NOW + 15 * MINUTE)
    card = story.hears(Tick(to=ANN, at=NOW + 15 * MINUTE))
    assert (card.score_tenths, card.wake_at) == (10, None)


def test_a_late_second_link_takes_the_points_and_the_interest_back() -> None:
    story = LeadStory()
    story.hears(browser(did(), offset=1), mailed("clicked", NOW), Tick(to=ANN, at=NOW + 15 * MINUTE))
    card = story.hears(mailed("clicked", NOW + 900, link="2"))
    assert (card.score_tenths, line(card, "mail_click").hits[0].set_aside) == (0, "machine: burst")


def test_a_person_s_click_is_a_day_with_a_human_hit_and_the_account_hears_of_it() -> None:
    story = LeadStory()
    story.hears(browser(did(), offset=1), mailed("sent", NOW - 2 * DAY), *human_click(NOW - DAY))
    member = member_of(story)
    assert (member.clicked_at, member.mailed_at) == (NOW - DAY, NOW - 2 * DAY)
    assert [(day.at, day.active) for day in member.days] == [(NOW - DAY, True)]


def test_the_account_hears_name_and_title_as_the_person_said_them() -> None:
    story = LeadStory()
    story.hears(browser(did(points=hits("form", NOW), name="Ann", title="CEO"), offset=1))
    assert (member_of(story).name, member_of(story).title) == ("Ann", "CEO")
    story.hears(browser(did(points=hits("form", NOW)), offset=2))
    assert (member_of(story).name, member_of(story).title) == ("", "")


def test_a_lead_without_mails_says_so() -> None:
    story = LeadStory()
    card = story.hears(browser(did(), offset=1))
    assert (card.mail, member_of(story).clicked_at, member_of(story).mailed_at) == (None, None, None)


@pytest.mark.parametrize(
    ("said", "flags"),
    [
        ([mailed("sent", NOW), mailed("delivered", NOW + 1)], MailFlags(mailed_at=NOW + 1)),
        ([mailed("bounced", NOW, permanent=True)], MailFlags(bounced_at=NOW)),
        ([mailed("complained", NOW)], MailFlags(complained_at=NOW)),
        ([mailed("unsubscribed", NOW), mailed("subscribed", NOW - 1)], MailFlags(unsubscribed_at=NOW)),
        ([mailed("unsubscribed", NOW), mailed("subscribed", NOW)], MailFlags(unsubscribed_at=NOW)),
        ([mailed("unsubscribed", NOW), mailed("subscribed", NOW + 1)], MailFlags()),
    ],
)
def test_the_card_says_what_became_of_the_mails(said: list[Any], flags: MailFlags) -> None:
    assert LeadStory().hears(browser(did(), offset=1), *said).mail == flags


def test_clicks_before_the_lost_deal_are_set_aside_for_who_is_on_it() -> None:
    story = LeadStory()
    lost = deal(at=NOW - DAY)
    card = story.hears(browser(did(), offset=1, as_of=NOW), of_deal(lost, offset=1), *human_click(NOW - 2 * DAY))
    assert line(card, "mail_click").hits[0].set_aside == "before the lost deal"
    assert card.engagement_tenths == 0


def forward(mail: Mail, *, offset: int, voids: tuple[Void, ...] = (), activity: Activity | None = None) -> LeadForward:
    return LeadForward(
        to=ANN, lead_id=BEN, version=Version(0, offset), as_of=NOW, through=((BEN,),),
        body=LeadBody(vias={f"v2@{BEN}": Known(NOW - DAY, "claimed", activity or did())}, mail=mail, voids=voids),
    )  # fmt: skip


def test_mails_and_voids_of_a_lead_that_forwards_here_count_here_until_it_withdraws() -> None:
    story, other = LeadStory(), LeadStory()
    other.hears(*human_click(NOW - DAY, "m2"))
    assert other.row is not None
    void = Void(NOW, hash_of("form", NOW), "", "a test", "olga")
    form = did(points=hits("form", NOW))
    forwarded = forward(other.row.mail, offset=1, voids=(void,), activity=form)
    card = story.hears(*human_click(NOW - 2 * DAY, "m1"), forwarded)
    assert [hit.what for hit in line(card, "mail_click").hits] == ["m2", "m1"]
    assert line(card, "form").hits[0].set_aside == "void: a test"
    gone = replace(forwarded, version=Version(0, 2), through=(), body=None)
    assert [hit.what for hit in line(story.hears(gone), "mail_click").hits] == ["m1"]


@pytest.mark.parametrize(("days", "aside"), [(399, "void: a test"), (400, "")])
def test_orders_of_a_lead_that_forwards_here_count_for_400_days_too(days: int, aside: str) -> None:
    """The other lead may not have heard of the time that passed."""
    order = Void(NOW - days * DAY, hash_of("form", NOW), "", "a test", "olga")
    card = LeadStory().hears(forward(NO_MAIL, offset=1, voids=(order,), activity=did(points=hits("form", NOW))))
    assert line(card, "form").hits[0].set_aside == aside


def void(at: int = NOW, **what: Any) -> VoidOrder:
    return VoidOrder(to=ANN, at=at, actor="olga", reason="a test form", **what)


def test_a_void_hit_keeps_its_place_and_gives_nothing_whichever_came_first() -> None:
    two = did(points=hits("form", NOW, NOW - 5 * DAY, NOW - 9 * DAY))
    orders = [browser(two, offset=1), void(hit_id=hash_of("form", NOW))]
    for said in (orders, orders[::-1]):
        card = LeadStory().hears(*said)
        form = line(card, "form")
        assert [(hit.at, hit.set_aside) for hit in form.hits] == [(NOW, "void: a test form"), (NOW - 5 * DAY, "")]
        assert form.tenths == 189


def test_a_void_request_takes_its_stage_back() -> None:
    story = LeadStory()
    hit_id = int(f"{hash_of('request', NOW)}")
    asked = Activity(hits=hits("request", NOW), milestones=did(asked=[NOW]).milestones, traits=did().traits)
    story.hears(browser(asked, offset=1))
    assert story.card.stage == "mql"
    card = story.hears(void(NOW + 1, hit_id=hit_id), void(NOW + 1, milestone_id=f"r{NOW}"))
    assert (card.stage, card.score_tenths, story.moves[2].via) == ("gained", 0, "correction")


def test_a_visit_that_is_void_is_no_visit() -> None:
    page = read("/pricing", NOW, kind="pricing")
    story = LeadStory()
    story.hears(browser(did(page, points={"pricing_page": hits("x", NOW)["x"]}), offset=1))
    story.hears(void(NOW, hit_id=page.hit_id))
    assert (member_of(story).days, member_of(story).pages, member_of(story).intents) == ((), (), ())
    assert line(story.card, "page_view").tenths == 0


@pytest.mark.parametrize("what", [{}, {"hit_id": 1, "milestone_id": "m"}])
def test_an_order_names_one_thing(what: dict[str, Any]) -> None:
    with pytest.raises(UnknownDecision, match="either a hit_id or a milestone_id"):
        fold(ANN, None, [void(**what)], version=Version(0, 0), rules=RULES)


@pytest.mark.parametrize(("days", "kept"), [(399, 1), (400, 0)])
def test_orders_are_kept_for_400_days(days: int, kept: int) -> None:
    row = fold(ANN, None, [void(NOW, hit_id=1)], version=Version(0, 0), rules=RULES).row
    row = fold(ANN, row, [Tick(to=ANN, at=NOW + days * DAY)], version=Version(0, 1), rules=RULES).row
    assert len(row.voids) == kept
    row = fold(ANN, row, [void(NOW, hit_id=1)], version=Version(0, 2), rules=RULES).row
    assert len(row.voids) == kept


def test_the_newest_order_about_each_thing_and_sixty_four_in_all() -> None:
    orders = [void(NOW - n, hit_id=1 + n % 70) for n in range(200)]
    row = fold(ANN, None, orders, version=Version(0, 0), rules=RULES).row
    assert [one.hit_id for one in row.voids] == list(range(1, 65))
    assert {one.at for one in row.voids} == set(range(NOW - 63, NOW + 1))


def test_the_card_says_what_the_score_was_a_day_before() -> None:
    done = did(points=hits("form", NOW, NOW - DAY, NOW - 3 * DAY))
    card = LeadStory().hears(browser(done, offset=1, as_of=NOW))
    assert (card.score_tenths, card.day_before_tenths) == (398, 395)
    lost = LeadStory().hears(browser(done, offset=1), of_deal(deal(at=NOW - 60_000), offset=1))
    assert (lost.engagement_tenths, lost.day_before_tenths) == (200, 395)  # lost since then
    before = LeadStory().hears(browser(done, offset=1), of_deal(deal(at=NOW - 2 * DAY), offset=1))
    assert before.day_before_tenths == 200  # lost before it: what was before the loss counts for nothing


def test_a_confirmation_that_comes_first_waits_for_its_click() -> None:
    click, seen = human_click(NOW)
    row = fold(ANN, None, [seen], version=Version(0, 0), rules=RULES).row
    card = fold(ANN, row, [click], version=Version(0, 1), rules=RULES).effects.leads[0]
    assert card.score_tenths == 30


def test_what_is_gone_is_named_for_those_who_rested_on_it() -> None:
    row = fold(ANN, None, [void(hit_id=7), mailed("clicked", NOW, sign="head"), mailed("clicked", NOW - DAY)],
               version=Version(0, 0), rules=RULES).row  # fmt: skip
    machine = next(one.hit_id for one in row.mail.clicks if one.sign)
    assert view_of(ANN, row, RULES).gone == {7, machine}


def test_a_void_form_is_no_visit_a_void_request_no_request_and_a_void_page_no_interest() -> None:
    story = LeadStory()
    done = did(points=hits("form", NOW) | hits("pricing_page", NOW), asked=[NOW])
    assert story.hears(browser(done, offset=1)).stage == "mql"
    assert [day.at for day in member_of(story).days] == [NOW]
    card = story.hears(
        void(hit_id=hash_of("form", NOW)), void(hit_id=hash_of("pricing_page", NOW)), void(milestone_id=f"r{NOW}")
    )
    assert (card.stage, member_of(story).days, member_of(story).requests) == ("gained", (), ())


def test_a_void_click_of_a_person_is_no_interest() -> None:
    story = LeadStory()
    story.hears(browser(did(), offset=1), *human_click(NOW))
    assert story.card.stage == "nurture"
    assert story.row is not None
    card = story.hears(void(hit_id=story.row.mail.clicks[0].hit_id))
    assert (card.stage, card.score_tenths) == ("gained", 0)
    assert card.mail is not None
    assert card.mail.clicked_at is None


def test_of_two_orders_about_one_thing_the_newer_is_kept_with_its_reason() -> None:
    orders = [replace(void(NOW - n, hit_id=1), reason=f"reason {n}") for n in range(3)]
    row = fold(ANN, None, orders, version=Version(0, 0), rules=RULES).row
    assert [(one.at, one.reason) for one in row.voids] == [(NOW, "reason 0")]


def test_the_milestone_of_a_form_is_void_with_its_hit() -> None:
    story = LeadStory()
    asked = activity(imported([track("form_submitted", NOW, form="quote")]))
    story.hears(browser(asked, offset=1))
    card = story.hears(void(hit_id=asked.hits["request"][0].hit_id))
    assert story.way == ["T4 mql", "T1 gained"]
    assert (card.stage, card.score_tenths) == ("gained", 0)
