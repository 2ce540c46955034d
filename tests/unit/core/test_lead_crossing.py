"""A crossing by score (arrow T3): its bounds, what may cross, and what takes it back."""

import pytest

from schemas.touches import Tick, VoidOrder
from streams.core.rules import load_rules
from tests.unit.core.made import ANN, DAY, HOUR, NAMING, NOW, files
from tests.unit.core.told import ENOUGH, LeadStory, browser, decided, did, hits, read

INTEREST = hits("pricing_page", NOW - HOUR)


def last(story: LeadStory) -> tuple[str, str, str]:
    move = story.moves[max(story.moves)]
    return move.rule_id, move.to_stage, move.via


@pytest.mark.parametrize(("age_ms", "stage"), [(7 * DAY, "nurture"), (7 * DAY - 1, "mql")])
def test_t3_what_is_imported_from_the_past_qualifies_nobody(age_ms: int, stage: str) -> None:
    """All that the block brings is as old as that, or older; law 11."""
    points = {
        name: tuple(hit._replace(at=hit.at - age_ms) for hit in found) for name, found in ENOUGH.items()
    } | hits("gated_download", NOW - age_ms)
    story = LeadStory()
    story.hears(browser(did(), offset=1))
    story.hears(browser(did(points=INTEREST), offset=2))
    story.hears(browser(did(points=INTEREST | points, title="CEO"), offset=3))
    assert story.card.score_tenths >= 1_000
    assert story.card.stage == stage


@pytest.mark.parametrize(("old", "new", "stage"), [
    ("total = 100.0", "total = {total}", "mql"),
    ("total = 100.0", "total = {total_more}", "nurture"),
    ("engagement = 40.0", "engagement = {engagement}", "mql"),
    ("engagement = 40.0", "engagement = {engagement_more}", "nurture"),
    ("families = 2", "families = 4", "mql"),  # pricing, comparison, request, form
    ("families = 2", "families = 5", "nurture"),
    ("family_points = 1.0", "family_points = {second}", "mql"),
    ("family_points = 1.0", "family_points = {second_more}", "nurture"),
])  # fmt: skip
def test_t3_each_of_its_bounds_is_inclusive(old: str, new: str, stage: str) -> None:
    """The score, its engagement, how many rules there are and what each gives, to a tenth of a point."""
    probe = LeadStory()
    card = probe.hears(browser(did(points=ENOUGH, title="CEO"), offset=1))
    second = sorted(line.tenths for line in card.lines if line.kind == "rule")[-2]
    values = {"total": card.score_tenths, "engagement": card.engagement_tenths, "second": second}
    texts = {name: tenths / 10 for name, tenths in values.items()}
    texts |= {f"{name}_more": (tenths + 1) / 10 for name, tenths in values.items()}
    told = files()
    assert old in told["stages.toml"]
    rules = load_rules(
        told | {"stages.toml": told["stages.toml"].replace(old, new.format(**texts), 1)}, naming=NAMING
    )
    story = LeadStory(rules)
    assert story.hears(browser(did(points=ENOUGH, title="CEO"), offset=1)).stage == stage


@pytest.mark.parametrize("families", [1, 2])
def test_t3_pages_days_and_deep_visits_are_one_family(families: int) -> None:
    """Many visits and nothing else qualify nobody."""
    told = files()
    text = told["stages.toml"].replace("total = 100.0\nengagement = 40.0\nfamilies = 2",
                                       f"total = 10.0\nengagement = 10.0\nfamilies = {families}")  # fmt: skip
    story = LeadStory(load_rules(told | {"stages.toml": text}, naming=NAMING))
    visits = [read(f"/{n}", NOW - day * DAY - n) for day in (0, 1, 2) for n in range(8)]
    card = story.hears(browser(did(*visits), offset=1))
    assert card.score_tenths >= 100
    assert card.stage == ("mql" if families == 1 else "gained")


@pytest.mark.parametrize(("points", "stage"), [("20.0", "mql"), ("20.01", "nurture")])
def test_t3_after_a_disposition_the_fresh_points_are_inclusive(points: str, stage: str) -> None:
    told = files()
    text = told["stages.toml"].replace("fresh_points = 20.0", f"fresh_points = {points}")
    story = LeadStory(load_rules(told | {"stages.toml": text}, naming=NAMING))
    story.hears(browser(did(points=INTEREST), offset=1))
    story.hears(browser(did(points=ENOUGH), offset=2))
    story.hears(decided("disposition", "too_early", at=NOW))
    assert story.card.stage == "nurture"
    fresh = ENOUGH | hits("form", NOW, NOW + 1)
    assert story.hears(browser(did(points=fresh), offset=3, as_of=NOW + 1)).stage == stage


def test_t3_a_person_approves_a_crossing_that_new_rules_made() -> None:
    story = LeadStory()
    story.hears(browser(did(points=INTEREST), offset=1))
    card = story.hears(decided("reviewed"))
    assert (last(story), card.stage, story.moves[2].actor) == (("T3", "mql", "review"), "mql", "sam")
    assert card.due_at == NOW + 3 * DAY  # from Friday to Monday, same time


def test_t3_new_rules_take_no_crossing_back() -> None:
    story = LeadStory()
    story.hears(browser(did(points=ENOUGH), offset=1))
    assert story.card.stage == "mql"
    told = files()
    story.rules = load_rules(
        told | {"stages.toml": told["stages.toml"].replace("total = 100.0", "total = 140.0")}, naming=NAMING
    )
    assert story.hears(Tick(to=ANN, at=NOW + 1)).stage == "mql"


def test_t3_evidence_that_went_to_somebody_else_corrects_unless_sales_accepted() -> None:
    """A late identify gave some hits of this browser to another person."""
    story, accepted = LeadStory(), LeadStory()
    for one in (story, accepted):
        one.hears(browser(did(points=INTEREST), offset=1))
        one.hears(browser(did(points=ENOUGH), offset=2))
    accepted.hears(decided("accepted", at=NOW))
    rest = did(points={name: found for name, found in ENOUGH.items() if name != "request"})
    card = story.hears(browser(rest, offset=3, as_of=NOW + 1))
    move = card.moves[0]
    assert (card.stage, move.via, move.corrects, move.rule_id) == ("nurture", "correction", 2, "T2")
    assert accepted.hears(browser(rest, offset=3, as_of=NOW + 1)).stage == "meeting"


@pytest.mark.parametrize(("rule", "stage"), [("careers_page", "mql"), ("request", "nurture")])
def test_t3_a_void_hit_of_the_evidence_corrects_and_another_does_not(rule: str, stage: str) -> None:
    """A test form that somebody takes out afterwards."""
    story = LeadStory()
    story.hears(browser(did(points=INTEREST), offset=1))
    story.hears(browser(did(points=ENOUGH | hits("careers_page", NOW - 50 * DAY)), offset=2))
    assert story.card.stage == "mql"
    hit = (ENOUGH | hits("careers_page", NOW - 50 * DAY))[rule][0]
    card = story.hears(VoidOrder(to=ANN, hit_id=hit.hit_id, at=NOW + 1, actor="sam", reason="a test"))
    assert (card.stage, card.moves[0].corrects) == (stage, None if stage == "mql" else 2)


def test_t3_a_hit_that_others_pushed_out_takes_nothing_back() -> None:
    """`request` keeps only the freshest: a newer one takes its place, and the latch stands."""
    story = LeadStory()
    story.hears(browser(did(points=INTEREST), offset=1))
    story.hears(browser(did(points=ENOUGH), offset=2))
    card = story.hears(browser(did(points=ENOUGH | hits("request", NOW + 1)), offset=3, as_of=NOW + 1))
    assert (card.stage, len(story.moves)) == ("mql", 2)
