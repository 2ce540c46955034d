"""Audiences: who enters and leaves is decided once by the lead's row (ask A49), and by new rules silently."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from schemas.activity import Version
from schemas.ids import lead_news_id_of
from schemas.posts import LeadNews
from schemas.touches import MergeOrder, Tick
from streams.core.lead.audiences import MAX_MOVES
from streams.core.lead.fold import fold
from streams.core.rules import Rules, RulesError, load_rules
from tests.unit.core.made import ANN, BEN, DAY, NAMING, NOW, RULES, example_files
from tests.unit.core.told import LeadStory, browser, deal, decided, did, hits, of_deal, read

WARM = """
announce = ["lead.stage_changed", "lead.merged"]
channels = ["memory"]
[[audience]]
name = "warm"
label = "Warm, and not with sales"
when = { all = [{ field = "score", op = "at_least", value = 12 }, { not = { field = "stage", value = "dead_end" } }] }
"""
LOST = '[[audience]]\nname = "lost_on_time"\nlabel = "Lost"\nwhen = { field = "lost_reason", value = "timing" }\n'
SILENT = '[[audience]]\nname = "known"\nlabel = "Known"\nannounce = false\nwhen = { field = "trait.email", op = "known", value = true }\n'  # fmt: skip  # noqa: E501


def rules_of(text: str) -> Rules:
    return load_rules(example_files() | {"audiences.toml": text}, naming=NAMING)


WITH = rules_of(WARM + LOST + SILENT)
PRICING = hits("pricing_page", NOW, NOW - DAY)


def told(story: LeadStory, *kinds: str) -> list[LeadNews]:
    news = [one for one in story.last.posts if isinstance(one, LeadNews)]
    return [one for one in news if not kinds or one.kind in kinds]


def inside(story: LeadStory) -> set[str]:
    return {one.audience for one in story.card.audiences if one.is_in}


def audiences(news: Sequence[LeadNews]) -> list[tuple[str, str]]:
    return [(one.kind, one.audience) for one in news if one.audience]


def test_who_enters_is_told_of_once_and_again_with_the_same_id() -> None:
    """Ask A49."""
    story = LeadStory(WITH)
    story.hears(browser(did(read("/pricing", NOW), points=PRICING), offset=1))
    news = told(story, "audience.entered")
    assert audiences(news) == [("audience.entered", "warm")]
    assert inside(story) == {"warm", "known"}
    (one,) = news
    version = story.row.version
    said = f"warm|{version.epoch}.{version.offset}"
    assert one.post_id == lead_news_id_of("audience.entered", ANN, 2, of=said)
    assert (one.to, one.at, one.version) == (f"lead:{ANN}", NOW, story.row.version)
    again = fold(ANN, story.row, [browser(did(read("/pricing", NOW), points=PRICING), offset=1)],
                 version=story.row.version, rules=WITH)  # fmt: skip
    assert again.row == story.row
    assert [post for post in again.effects.posts if isinstance(post, LeadNews) and post.audience] == news
    story.hears(browser(did(read("/pricing", NOW), points=PRICING), offset=2, as_of=NOW + 1))
    assert told(story, "audience.entered") == []


def test_who_leaves_is_told_of_when_time_alone_does_it() -> None:
    """The clock comes back at the moment at which the score falls below what the audience asks for."""
    story = LeadStory(WITH)
    story.hears(browser(did(read("/pricing", NOW), points=PRICING), offset=1))
    assert story.card.score_tenths >= 120
    wakes: list[int] = []
    while "warm" in inside(story):
        assert story.row.wake_at is not None
        wakes.append(story.row.wake_at)
        story.hears(Tick(to=ANN, at=story.row.wake_at))
    assert audiences(told(story)) == [("audience.left", "warm")]
    assert story.card.score_tenths < 120
    assert len(wakes) <= 3
    (mark,) = [one for one in story.card.audiences if one.audience == "warm"]
    assert (mark.is_in, mark.at) == (False, wakes[-1])


def test_each_change_has_a_number_of_its_own() -> None:
    story = LeadStory(WITH)
    ids = []
    for turn in range(3):
        at = NOW + turn * DAY
        story.hears(browser(did(read("/pricing", at), points=hits("pricing_page", at, at - DAY)), offset=2 * turn + 1,
                            as_of=at))  # fmt: skip
        ids += [one.post_id for one in told(story, "audience.entered")]
        story.hears(decided("dead_end", "student", at=at + 1))
        ids += [one.post_id for one in told(story, "audience.left")]
        story.hears(decided("restored", "a mistake", at=at + 2))
        ids += [one.post_id for one in told(story, "audience.entered")]
    assert len(set(ids)) == len(ids) >= 6


def test_new_rules_announce_nothing_and_their_members_are_told_of_when_they_leave() -> None:
    story = LeadStory(RULES)
    story.hears(browser(did(read("/pricing", NOW), points=PRICING), offset=1))
    assert story.card.audiences == ()
    story.rules = WITH
    story.hears(Tick(to=ANN, at=NOW + 1))
    assert inside(story) == {"warm", "known"}
    assert told(story) == []
    story.hears(decided("dead_end", "student", at=NOW + 2))
    assert audiences(told(story)) == [("audience.left", "warm")]


def test_of_new_rules_and_news_together_only_the_news_are_told() -> None:
    """The deal is news: its audience is told of. `warm` follows from the rules alone."""
    story = LeadStory(RULES)
    story.hears(browser(did(read("/pricing", NOW), points=PRICING), offset=1))
    story.rules = WITH
    story.hears(of_deal(deal(at=NOW + 1), offset=2, as_of=NOW + 1))
    assert inside(story) >= {"lost_on_time"}
    assert ("audience.entered", "lost_on_time") in audiences(told(story))
    assert ("audience.entered", "warm") not in audiences(told(story))


def test_rules_without_the_audience_let_everybody_go_silently() -> None:
    story = LeadStory(WITH)
    story.hears(browser(did(read("/pricing", NOW), points=PRICING), offset=1))
    story.rules = RULES
    story.hears(Tick(to=ANN, at=NOW + 1))
    assert inside(story) == set()
    assert told(story) == []


def test_an_import_of_the_past_announces_nothing() -> None:
    long_ago = NOW - 40 * DAY
    story = LeadStory(WITH)
    story.hears(browser(did(read("/pricing", long_ago), points=hits("pricing_page", long_ago)), offset=1,
                        known_at=long_ago))  # fmt: skip
    story.hears(of_deal(deal(at=long_ago), offset=2))
    assert inside(story) >= {"known", "lost_on_time"}
    assert told(story) == []


def test_a_move_is_told_of_with_its_number_and_a_merge_as_what_it_is() -> None:
    story = LeadStory(WITH)
    story.hears(browser(did(read("/pricing", NOW), points=PRICING), offset=1, known_at=NOW))
    (moved, *_) = told(story, "lead.stage_changed")
    assert moved.transition == story.last.transitions[0]
    assert moved.post_id == lead_news_id_of("lead.stage_changed", ANN, story.last.transitions[0].number)
    story.hears(MergeOrder(to=ANN, into=BEN, at=NOW + 1, actor="ada"))
    (merged,) = told(story, "lead.merged")
    assert (merged.into, merged.lead_id) == (BEN, ANN)
    assert told(story, "lead.stage_changed") == []
    assert audiences(told(story)) == [("audience.left", "warm")]


def test_without_audiences_and_announcements_nothing_is_said() -> None:
    story = LeadStory(RULES)
    story.hears(browser(did(read("/pricing", NOW), points=PRICING), offset=1, known_at=NOW))
    assert story.last.transitions
    assert story.last.posts == ()
    assert story.row.audience_moves == ()


def test_few_of_many_changes_are_kept_and_whoever_is_in_stays_in() -> None:
    """One that entered first and never left is known, however often another one is entered and left."""
    story = LeadStory(WITH)
    story.hears(browser(did(read("/pricing", NOW), points=PRICING), offset=1))
    for turn in range(1, 2 * MAX_MOVES):
        story.hears(decided("dead_end" if turn % 2 else "restored", "student", at=NOW + turn))
    assert "known" in inside(story)
    assert len(story.row.audience_moves) <= MAX_MOVES + 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('{ field = "stage", value = "nurtur" }', 'is named "nurtur"; did you mean "nurture"?'),
        ('{ field = "score", op = "at_least", value = "much" }', '"value" of "at_least" is a number'),
        ('{ field = "color", value = "red" }', "audiences.toml:4: "),
    ],
)
def test_what_cannot_be_decided_is_refused_with_its_line(said: str, why: str) -> None:
    text = f'[[audience]]\nname = "one"\nlabel = "One"\nwhen = {said}\n'
    with pytest.raises(RulesError, match=r"^audiences\.toml") as refused:
        rules_of(text)
    assert why in str(refused.value)


def test_a_segment_may_not_ask_for_what_follows_from_it() -> None:
    row = '\n[[segment]]\nname = "x"\nlabel = "X"\nwhen = { field = "score", op = "at_least", value = 1 }\n'
    said = example_files()
    with pytest.raises(RulesError, match='only audiences may ask for "score"'):
        load_rules(said | {"segments.toml": said["segments.toml"] + row}, naming=NAMING)


def test_rules_of_a_release_without_audiences_are_read() -> None:
    before = {name: text for name, text in example_files().items() if name != "audiences.toml"}
    assert load_rules(before, naming=NAMING).audiences.rules.audience == ()


def test_a_row_of_a_former_release_has_been_in_none() -> None:
    story = LeadStory(WITH)
    story.hears(browser(did(read("/pricing", NOW), points=PRICING), offset=1))
    former = replace(story.row, audience_moves=(), rules_version="")
    made = fold(ANN, former, [Tick(to=ANN, at=NOW + 1)], version=Version(0, 9), rules=WITH)
    assert [one for one in made.effects.posts if isinstance(one, LeadNews) and one.audience] == []
    assert {one.audience for one in made.effects.leads[0].audiences if one.is_in} == {"warm", "known"}
