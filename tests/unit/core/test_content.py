"""Content (asks A7, A8, A10): an inventory by review stage, open early, asked for in the middle, not again late."""

import pytest

from streams.core.rulebook.content_rules import Content, ContentRules
from streams.core.rules import RulesError, load_rules
from streams.core.segment.content import Offer, gate_of, next_content, review_of
from tests.unit.core.made import DAY, NAMING, NOW, RULES, files

TOUR = Content(title="Tour", path="/tour*", review="early")
GUIDE = Content(title="Guide", asset="guide", review="mid")
CASE = Content(title="Case", path="/case", review="mid", gate="open", segments=("growth", "other"))
SHEET = Content(title="Sheet", asset="sheet", review="mid")
PRICES = Content(title="Prices", path="/prices", review="late", gate="ask_unknown", answers=("price",))
TERMS = Content(title="Terms", path="/terms", review="late")
ONLY = Content(title="Only", path="/only", review="late", segments=("growth",))
INVENTORY = ContentRules(content=(TOUR, GUIDE, CASE, SHEET, PRICES, TERMS, ONLY))


def offered(stage: str, segment: str = "none", *, known: bool = True, **seen: int) -> list[str]:
    names = {name.replace("_", "/"): at for name, at in seen.items()}
    found = next_content(stage, names, segment, known=known, as_of=NOW, rules=INVENTORY)
    return [offer.content.title for offer in found]


@pytest.mark.parametrize(
    ("row", "to_known", "to_unknown"),
    [
        (TOUR, "open", "open"),  # A7: early, nobody is asked
        (GUIDE, "open", "form"),  # A8: mid, a form
        (CASE, "open", "open"),
        (PRICES, "open", "form"),  # A8: late, whom we know is not asked again
        (TERMS, "open", "open"),
    ],
)
def test_the_gate_follows_from_review_stage_and_from_whom_we_know(row: Content, to_known: str, to_unknown: str) -> None:
    assert (gate_of(row, known=True), gate_of(row, known=False)) == (to_known, to_unknown)


@pytest.mark.parametrize(
    ("stage", "review"),
    [
        ("", "early"),
        ("anonymous", "early"),
        ("gained", "early"),
        ("nurture", "mid"),
        ("recycle_a", "mid"),
        ("recycle_b", "mid"),
        ("mql", "late"),
        ("meeting", "late"),
        ("consultation", "late"),
        ("won", "late"),
        ("dead_end", None),
    ],
)
def test_the_review_stage_follows_from_the_stage(stage: str, review: str | None) -> None:
    """Ask A19."""
    assert review_of(stage) == review


def test_next_are_rows_of_the_review_stage_own_segment_first_then_file_order() -> None:
    """Ask A6."""
    assert offered("gained") == ["Tour"]
    assert offered("nurture") == ["Guide", "Sheet"]
    assert offered("nurture", "growth") == ["Case", "Guide", "Sheet"]
    assert offered("mql") == ["Prices", "Terms"]
    assert offered("mql", "growth") == ["Only", "Prices", "Terms"]
    assert offered("dead_end") == []


def test_what_was_seen_in_90_days_is_not_offered_again() -> None:
    """Asks A6, A9: what was read early counts when somebody is known; so do pages below a glob."""
    assert offered("nurture", guide=NOW - 90 * DAY + 1) == ["Sheet"]
    assert offered("nurture", guide=NOW - 90 * DAY) == ["Guide", "Sheet"]
    assert offered("gained", _tour_two=NOW) == []
    assert offered("gained", _other=NOW) == ["Tour"]
    assert offered("nurture", "growth", _Case=NOW) == ["Guide", "Sheet"]


def test_an_offer_says_what_it_asks() -> None:
    found = next_content("nurture", {}, "growth", known=False, as_of=NOW, rules=INVENTORY)
    assert found == (Offer(CASE, "open"), Offer(GUIDE, "form"), Offer(SHEET, "form"))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('path = "/a"\nasset = "b"\nreview = "mid"', "say either path or asset"),
        ('review = "mid"', "say either path or asset"),
        ('path = "/a"\nreview = "early"\ngate = "form"', '"gate" of "early" content is "open", not "form"'),
        (
            'path = "/a"\nreview = "late"\ngate = "form"',
            '"gate" of "late" content is "open" or "ask_unknown", not "form"',
        ),
        ('path = "/a"\nreview = "mid"\ngate = "ask_unknown"', '"gate" of "mid" content is "form" or "open"'),
        ('path = "/pricing*"\nreview = "late"', 'content "New": "/pricing*" is there twice'),
        (
            'path = "/a"\nreview = "mid"\nsegments = ["replacin"]',
            'content "New": no segment of segments.toml is named "replacin"; did you mean "replacing"?',
        ),
        ('path = "/a"\nreview = "mid"\nanswers = ["Too dear"]', '"answers": Expected `str` matching regex'),
    ],
)
def test_a_bad_row_is_refused(row: str, said: str) -> None:
    told = files()
    told["content.toml"] += f'\n[[content]]\ntitle = "New"\n{row}\n'
    with pytest.raises(RulesError) as refused:
        load_rules(told, naming=NAMING)
    assert said in str(refused.value)
    assert str(refused.value).startswith("content.toml:")
    assert int(str(refused.value).split(":")[1]) > files()["content.toml"].count("\n")


def test_the_packaged_inventory_has_every_review_stage() -> None:
    assert {row.review for row in RULES.content.content} == {"early", "mid", "late"}
