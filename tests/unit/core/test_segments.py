"""Segments by common need (asks A44, A46-A48): predicates as data, first row wins, `none` otherwise."""

from typing import Any

import msgspec
import pytest

from schemas.activity import Trait
from streams.core.rulebook.segments_rules import Predicate, SegmentsRules, single_tests
from streams.core.rules import Rules, RulesError, load_rules
from streams.core.segment.segments import Segments, fields_of, holds, segment_of
from tests.unit.core.made import DAY, NAMING, NOW, RULES, example_files, files
from tests.unit.core.told import ACME, LeadStory, browser, did, hits, read


def predicate(**said: Any) -> Predicate:
    return msgspec.convert(said, Predicate)


def known(traits: dict[str, str] | None = None, *, topics: tuple[str, ...] = (), kinds: tuple[str, ...] = ()) -> Any:
    pages = [read(f"/{kind}", NOW, kind=kind) for kind in kinds]
    return fields_of({name: Trait(1, value) for name, value in (traits or {}).items()}, pages, topics)


@pytest.mark.parametrize(
    ("said", "true"),
    [
        ({"field": "trait.need", "value": "audit"}, True),
        ({"field": "trait.need", "value": " AUDIT"}, True),
        ({"field": "trait.need", "value": "aud"}, False),
        ({"field": "trait.need", "op": "contains", "value": "aud"}, True),
        ({"field": "trait.need", "op": "contains", "value": ["x", "IT"]}, True),
        ({"field": "trait.need", "op": "contains", "value": "xyz"}, False),
        ({"field": "trait.need", "value": ["x", "audit"]}, True),
        ({"field": "trait.other", "value": "audit"}, False),
        ({"field": "trait.need", "op": "known", "value": True}, True),
        ({"field": "trait.other", "op": "known", "value": True}, False),
        ({"field": "trait.other", "op": "known", "value": False}, True),
        ({"field": "trait.employees", "op": "at_least", "value": 200}, True),
        ({"field": "trait.employees", "op": "at_least", "value": 201}, False),
        ({"field": "trait.employees", "op": "at_most", "value": 200}, True),
        ({"field": "trait.employees", "op": "at_most", "value": 199.5}, False),
        ({"field": "trait.need", "op": "at_least", "value": 0}, False),
        ({"field": "trait.turnover", "op": "at_least", "value": 1_500_000.5}, True),
        ({"field": "topic", "value": "price"}, True),
        ({"field": "topic", "value": "timing"}, False),
        ({"field": "page_kind", "value": ["docs", "pricing"]}, True),
        ({"field": "page_kind", "value": "docs"}, False),
        ({"all": [{"field": "topic", "value": "price"}, {"field": "page_kind", "value": "pricing"}]}, True),
        ({"all": [{"field": "topic", "value": "price"}, {"field": "page_kind", "value": "docs"}]}, False),
        ({"any": [{"field": "topic", "value": "x"}, {"field": "page_kind", "value": "pricing"}]}, True),
        ({"any": [{"field": "topic", "value": "x"}, {"field": "page_kind", "value": "docs"}]}, False),
        ({"not": {"field": "topic", "value": "price"}}, False),
        ({"not": {"field": "topic", "value": "timing"}}, True),
    ],
)
def test_a_predicate_is_true_or_not(said: dict[str, Any], true: bool) -> None:
    """Ask A49."""
    traits = {"need": "Audit", "employees": "51-200", "turnover": "1,500,000.5 EUR"}
    assert holds(predicate(**said), known(traits, topics=("price",), kinds=("pricing",))) is true


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"field": "topic", "value": "x", "any": [{"field": "topic", "value": "x"}]},
        {"field": "nonsense", "value": "x"},
        {"field": "topic", "op": "at_least", "value": "3"},
        {"field": "topic", "op": "at_least", "value": True},
        {"field": "topic", "op": "known", "value": "yes"},
        {"field": "topic", "value": ""},
        {"field": "topic", "value": []},
        {"field": "topic", "value": 3},
        {"field": "topic", "value": ["x", " "]},
        {"all": []},
    ],
)
def test_a_predicate_that_cannot_be_decided_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        predicate(**said)


ROWS = """
[[segment]]
name = "growth"
label = "Grows"
when = { field = "trait.need", value = "growth" }

[[segment]]
name = "readers"
label = "Reads about prices"
when = { any = [{ field = "topic", value = "price" }, { field = "trait.need", value = "growth" }] }

[[segment]]
name = "school"
label = "Teaches"
not_target = true
when = { field = "trait.industry", value = "school" }
"""


def segments(text: str = ROWS) -> Rules:
    # The packaged content speaks of the packaged segments.
    return load_rules(example_files() | {"segments.toml": text, "content.toml": ""}, naming=NAMING)


def test_the_first_row_that_is_true_is_the_segment() -> None:
    found = segments().segments
    assert found.of(known({"need": "growth"}, topics=("price",))) == "growth"
    assert found.of(known(topics=("price",))) == "readers"
    assert found.of(known({"need": "x"})) == "none"
    assert [one.field for one in single_tests(found.rules.segment[1].when)] == ["topic", "trait.need"]


def test_what_somebody_said_goes_before() -> None:
    found = segments().segments
    said = {"segment": Trait(1, "Enterprise"), "need": Trait(1, "growth")}
    assert segment_of(said, [], [], segments=found) == "Enterprise"
    assert segment_of({**said, "segment": Trait(1, " ")}, [], [], segments=found) == "growth"
    assert segment_of({}, [], ["price"], segments=found) == "readers"
    assert segment_of({"need": Trait(1, "growth")}, [], [], segments=Segments(SegmentsRules())) == "none"


def test_a_segment_that_was_found_matches_the_ideal_customer_and_stands_on_the_card() -> None:
    story = LeadStory(segments())
    card = story.hears(browser(did(need="growth"), offset=1))
    assert card.segment == "growth"
    assert {line.trait: (line.value, line.points) for line in card.fit_lines}["segment"] == ("growth", 10)
    assert "segment" not in card.traits
    card = story.hears(browser(did(), offset=2))
    assert card.segment == "none"
    assert {line.trait: (line.value, line.points) for line in card.fit_lines}["segment"] == ("", 0)


def test_topics_come_from_pages_that_were_read() -> None:
    story = LeadStory(segments())
    assert story.hears(browser(did(read("/pricing", NOW, kind="pricing")), offset=1)).segment == "readers"
    assert story.hears(browser(did(read("/pricing", NOW, kind="pricing", dwell_ms=100)), offset=2)).segment == "none"


def test_a_segment_that_we_say_no_to_has_low_fit_and_is_no_dead_end() -> None:
    """Ask A47."""
    story = LeadStory(segments())
    card = story.hears(browser(did(industry="school", title="VP Marketing", employees="200"), offset=1))
    assert (card.segment, card.stage) == ("school", "gained")
    assert {line.trait: line.points for line in card.fit_lines}["segment"] == -25
    assert (card.fit, card.grade[0]) == (15 + 8 + 12 - 25, "C")
    standing = next(one for one in story.last.signals if one.to == ACME)
    assert standing.member.fit_company == 0  # type: ignore[union-attr]
    assert not segments().segments.is_target("School ")
    assert segments().segments.is_target("none")
    best = 15 + 8 + 12 + 5 - 25
    assert best < next(one.least for one in RULES.scoring.rules.totals.letters if one.grade == "B")


def test_a_segment_that_we_say_no_to_is_no_supply_for_sales_unless_it_asks() -> None:
    points = {name: found for rule in ("pricing_page", "comparison_page", "form", "gated_download")
              for name, found in hits(rule, NOW, NOW - DAY).items()}  # fmt: skip
    rules = load_rules(
        example_files() | {"segments.toml": ROWS, "content.toml": "", "stages.toml": files()["stages.toml"].replace(
            "total = 100.0", "total = 50.0")}, naming=NAMING,
    )  # fmt: skip
    wanted, unwanted = LeadStory(rules), LeadStory(rules)
    assert wanted.hears(browser(did(points=points), offset=1)).stage == "mql"
    card = unwanted.hears(browser(did(points=points, industry="school"), offset=1))
    assert (card.stage, card.score_tenths >= 500) == ("nurture", True)
    assert unwanted.hears(browser(did(points=points, industry="school", asked=[NOW]), offset=2)).stage == "mql"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ROWS.replace('"readers"', '"growth"'), 'segment "growth" is there twice'),
        (ROWS.replace('"readers"', '"none"'), 'segment "none": this name means that no row is true; choose another'),
        (ROWS.replace('field = "topic"', 'field = "topics"'), "segments.toml:10: segment"),
        (ROWS.replace('value = "price"', 'valu = "price"'), 'unknown "valu"; did you mean "value"?'),
        (
            ROWS.replace(
                '{ field = "trait.need", value = "growth" }\n\n',
                "{ not = " * 8 + '{ field = "topic", value = "x" }' + " }" * 8 + "\n\n",
                1,
            ),
            'segment "growth": when: more than 8 levels',
        ),
    ],
)
def test_a_bad_row_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(RulesError) as refused:
        segments(text)
    assert said in str(refused.value)
    assert str(refused.value).startswith("segments.toml:")


def test_segments_and_content_are_part_of_the_version() -> None:
    """Ask A48: definitions evolve, and each score says by which."""
    versions = {
        load_rules(files() | {name: files()[name] + "\n"}, naming=NAMING).version
        for name in ("segments.toml", "content.toml", "site.toml")
    }
    assert len(versions | {load_rules(files(), naming=NAMING).version}) == 4
