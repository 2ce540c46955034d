"""The curve against the core's own score, at many moments: exact ahead, never on the wrong side behind."""

from collections.abc import Sequence
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.activity import Version, Void
from schemas.cards import LeadCard
from schemas.deals import DealFacts
from schemas.touches import Tick, VisitorStanding
from streams.core.events.facts import Facts
from streams.core.lead import fold as lead
from streams.core.score.curve import Curve, Spot, curve_of
from tests.unit.core.made import ANN, DAY, HOUR, MINUTE, NOW, RULES, activity, delivery, engaged, facts, scored, track
from tests.unit.core.made import human_click as clicked

PATHS: Final = ("/", "/pricing", "/products/a", "/compare/x", "/careers/dev", "/blog")
moments = st.builds(
    lambda day, hour, minute: NOW - day * DAY - hour * HOUR - minute * MINUTE,
    st.integers(0, 40), st.sampled_from((0, 1, 5)), st.integers(0, 3),
)  # fmt: skip
losses = st.one_of(st.none(), st.builds(lambda days: NOW - days * DAY + 7, st.integers(1, 30)))


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    at = draw(moments)
    match draw(st.sampled_from(("page", "page", "page", "form", "file", "request"))):
        case "page":
            return engaged(draw(st.sampled_from(PATHS)), at, dwell_ms=draw(st.sampled_from((5_000, 30_000))))
        case "form":
            return track("form_submitted", at, form="newsletter")
        case "file":
            return track("file_downloaded", at, asset=draw(st.sampled_from("AB")), gated=True)
        case _:
            return track("form_submitted", at, form=draw(st.sampled_from(("quote", "demo"))))




def at_once(event: dict[str, Any]) -> Facts:
    """It arrives when it happened."""
    return facts(event, delivery(at=event["timestamp"]))


done = st.lists(events().map(at_once), min_size=1, max_size=45)


def began(said: Facts) -> int:
    ats = [page.at for page in said.pages] + [hit.at for found in said.hits.values() for hit in found]
    return min(ats, default=said.at)


def card_of(said: Sequence[Facts], *, lost: int | None = None, mail: Sequence[Any] = ()) -> LeadCard:
    """What the worker says of them, in one block."""
    standing = VisitorStanding(to=ANN, visitor_id="v1", version=Version(0, 1), as_of=NOW, known_at=NOW - 50 * DAY,
                               trust="proven", activity=activity(said))  # fmt: skip
    folded = lead.fold(ANN, None, [standing, *mail, Tick(to=ANN, at=NOW)], version=Version(0, 1), rules=RULES)
    [card] = folded.effects.leads
    if lost is None:
        return card
    deal = DealFacts(deal_id="d1", status="lost", account_id="acme.example", account_name="Acme", reported_at=lost,
                     lost_at=lost)  # fmt: skip
    told = scored(said, epoch_at=lost)
    return replace(
        card, deals=(deal,), lines=told.lines, score_tenths=told.total_tenths, engagement_tenths=told.engagement_tenths
    )  # fmt: skip


def curve(card: LeadCard) -> Curve:
    made = curve_of(card, RULES)
    assert made is not None
    return made


def hits_of(card: LeadCard) -> list[int]:
    return [hit.at for line in card.lines for hit in line.hits]


@given(said=done, lost=losses, data=st.data())
def test_ahead_it_is_what_the_core_will_say(said: list[Facts], lost: int | None, data: st.DataObject) -> None:
    card = card_of(said, lost=lost)
    if curve_of(card, RULES) is None:
        assert not hits_of(card)
        return
    found = curve(card)
    for at in data.draw(st.lists(st.integers(NOW, NOW + 90 * DAY), min_size=3, max_size=8)):
        total = scored(said, as_of=at, epoch_at=lost).total_tenths
        assert found.at(at) == Spot(at, total, total)


@settings(max_examples=150)
@given(said=done, lost=losses, data=st.data())
def test_behind_the_score_lies_between_both(said: list[Facts], lost: int | None, data: st.DataObject) -> None:
    card = card_of(said, lost=lost)
    if not hits_of(card):
        return
    found, turns = curve(card), sorted({began(one) for one in said})
    near = st.sampled_from([at + apart for at in turns for apart in (-1, 0, 1, HOUR)])
    for at in data.draw(st.lists(st.one_of(near, st.integers(NOW - 45 * DAY, NOW)), min_size=3, max_size=8)):
        if at > NOW:
            continue
        epoch_at = lost if lost is not None and lost <= at else None
        # The fit is as it is today.
        then = scored([one for one in said if began(one) <= at], as_of=at, epoch_at=epoch_at)
        total = then.engagement_tenths + found.fit_tenths
        spot = found.at(at)
        assert spot.low <= total <= spot.high


read = st.builds(
    lambda path, day, minute, dwell: at_once(engaged(path, NOW - day * DAY - minute * MINUTE, dwell_ms=dwell)),
    st.sampled_from(("/", "/pricing", "/products/a", "/compare/x")), st.integers(0, 8), st.integers(0, 6),
    st.sampled_from((5_000, 30_000)),
)  # fmt: skip


@given(said=st.lists(read, min_size=1, max_size=30, unique_by=began), lost=losses, data=st.data())
def test_behind_it_is_exact_where_all_pages_are_known(
    said: list[Facts], lost: int | None, data: st.DataObject
) -> None:
    """Rules of pages are full here all the time: five places of ten pages, one a day."""
    found = curve(card_of(said, lost=lost))
    near = sorted({began(one) + apart for one in said for apart in (-1, 0, HOUR)})
    for at in data.draw(st.lists(st.sampled_from(near), max_size=8)):
        epoch_at = lost if lost is not None and (lost <= at or at >= NOW) else None
        then = scored([one for one in said if began(one) <= at], as_of=at, epoch_at=epoch_at)
        total = then.engagement_tenths + found.fit_tenths
        assert found.at(at) == Spot(at, total, total)


@given(said=st.lists(events().map(at_once), min_size=1, max_size=4, unique_by=lambda one: began(one) // DAY))
def test_it_is_sure_where_no_rule_was_ever_full(said: list[Facts]) -> None:
    """One event on a day, few in all: the bands must not be wide for nothing."""
    card = card_of(said)
    if not hits_of(card):
        return
    found = curve(card)
    unlimited = all(line.rule.limit_per == "day" and len(line.given) < line.most for line in found.lines)
    quiet = [at for at in range(NOW - 41 * DAY, NOW, DAY) if all(abs(at - hit) > DAY for hit in hits_of(card))]
    assert not unlimited or all(found.at(at).is_sure for at in quiet)


def test_it_falls_below_when_the_card_says() -> None:
    """Domain 3.4: what is shown is what is compared."""
    said = [at_once(engaged(path, NOW - n * DAY)) for n, path in enumerate(("/pricing", "/compare/x", "/pricing"))]
    said += [at_once(track("form_submitted", NOW, form=form)) for form in ("quote", "newsletter")]
    card = card_of(said)
    found = curve(card)
    assert card.falls_below_at is not None
    assert found.at(card.falls_below_at).high < card.threshold_tenths <= found.at(card.falls_below_at - MINUTE).low


def test_a_visit_is_a_jump_of_what_it_gave() -> None:
    at = NOW - 3 * DAY
    found = curve(card_of([at_once(engaged("/pricing", at)), at_once(engaged("/compare/x", NOW))]))
    assert found.at(at - DAY) == Spot(at - DAY, 0, 0)
    # Pricing 10 and a page view 1; until the end of that day nobody knows whether it was the first of them.
    assert found.at(at) == Spot(at, 110, 110)
    assert set(found.changes) == {at, NOW}


def test_a_return_moves_with_the_freshest_page_of_its_day() -> None:
    said = [at_once(engaged("/", at)) for at in (NOW - DAY, NOW - MINUTE, NOW)]
    total = scored(said[:2], as_of=NOW - MINUTE).total_tenths
    assert curve(card_of(said)).at(NOW - MINUTE) == Spot(NOW - MINUTE, total, total)


def test_a_full_rule_says_how_much_may_have_been_there() -> None:
    """One request is kept: whether there was one before it, nobody knows any more."""
    said = [at_once(track("form_submitted", NOW - n * 10 * DAY, form="quote")) for n in range(2)]
    found = curve(card_of(said))
    before = found.at(NOW - 5 * DAY)
    assert before.low < scored(said[1:], as_of=NOW - 5 * DAY).total_tenths <= before.high == 500
    assert found.at(NOW).is_sure


def test_deep_days_that_ten_younger_days_pushed_out_may_have_been_there() -> None:
    """The pages store keeps ten days: of what was before them no rule has a line any more."""
    deep = [at_once(engaged("/blog", NOW - day * DAY - n * MINUTE)) for day in range(40, 34, -1) for n in range(9)]
    young = [at_once(engaged("/blog", NOW - day * DAY)) for day in range(0, 30, 3)]
    at = NOW - 34 * DAY
    then = scored(deep, as_of=at).total_tenths
    spot = curve(card_of([*deep, *young])).at(at)
    assert then > 350
    assert spot.low < then <= spot.high


def test_what_was_before_the_lost_deal_stood_until_it_was_lost() -> None:
    said = [at_once(engaged("/pricing", NOW - 10 * DAY)), at_once(engaged("/compare/x", NOW))]
    found = curve(card_of(said, lost=NOW - 5 * DAY))
    assert found.at(NOW - 5 * DAY - 1).low > 0
    assert found.at(NOW - 5 * DAY) == Spot(NOW - 5 * DAY, 0, 0)
    assert NOW - 5 * DAY in found.changes


def test_clicks_count_as_they_are_judged_today() -> None:
    card = card_of([at_once(engaged("/", NOW - DAY))], mail=clicked(NOW - 2 * DAY))
    found = curve(card)
    assert found.at(NOW) == Spot(NOW, card.score_tenths, card.score_tenths)
    assert found.at(NOW - 2 * DAY).high == 30


def test_other_rules_than_the_cards_draw_nothing() -> None:
    card = card_of([at_once(engaged("/pricing", NOW))])
    assert curve_of(replace(card, rules_version="other"), RULES) is None
    assert curve_of(replace(card, score_tenths=card.score_tenths + 1), RULES) is None
    assert curve_of(replace(card, lines=()), RULES) is None


def test_a_void_hit_gave_nothing_then_either() -> None:
    said = [at_once(engaged("/pricing", NOW - DAY)), at_once(engaged("/compare/x", NOW))]
    card = card_of(said)
    [hit] = [hit for line in card.lines if line.name == "pricing_page" for hit in line.hits]
    told = scored(said, voids=[Void(1, hit.hit_id, "", "a test", "olga")])
    card = replace(card, lines=told.lines, score_tenths=told.total_tenths, engagement_tenths=told.engagement_tenths)
    assert curve(card).at(NOW - DAY).low == 0
