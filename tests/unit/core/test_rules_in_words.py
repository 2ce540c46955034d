"""Rules as people read them: the sentences to the letter, the stage graph, what changes between two versions."""

from collections.abc import Iterable
from copy import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import convert
from msgspec.structs import force_setattr, replace

from streams.core.rulebook.content_rules import ContentRules
from streams.core.rulebook.in_words import changes, explained
from streams.core.rulebook.past import unknown_past
from streams.core.rulebook.returns_rules import ReturnsRules
from streams.core.rulebook.returns_words import level_sentences
from streams.core.rulebook.routing_rules import Channels, RoutingRules
from streams.core.rulebook.routing_words import listing_sentences, rep_sentences, when_sentences
from streams.core.rulebook.scoring_rules import ScoringRule
from streams.core.rulebook.scoring_words import fit_sentences, rule_sentence
from streams.core.rulebook.segments_rules import Predicate
from streams.core.rulebook.segments_words import content_sentences, predicate_words
from streams.core.rulebook.site_words import event_sentences
from streams.core.rulebook.stages_rules import MilestoneRule, Release
from streams.core.rulebook.stages_words import (
    clock_sentences,
    hold_sentences,
    mermaid,
    milestone_sentences,
    threshold_sentences,
)
from streams.core.rules import FILES
from streams.core.said import Said
from tests.unit.core.made import RULES
from tests.unit.core.publishing import published


def rule(**more: Any) -> str:
    said = {"name": "x", "kind": "track", "label": "X", "points": 10, "keep": 3, "half_life_days": 14, "group": "web"}
    return rule_sentence(convert(said | more, ScoringRule), RULES).words


def told(file: str, title: str) -> tuple[str, ...]:
    return words(next(one.sentences for one in explained(RULES, file=file) if one.title.words.startswith(title)))


def words(sentences: Iterable[Said]) -> tuple[str, ...]:
    return tuple(one.words for one in sentences)


def test_a_rule_is_one_sentence() -> None:
    assert (
        "Pricing page: +10, the freshest 3 count, at most 1 a day, halves every 14 days, at most 30 in all, read for "
        "5 s or more; hit by pages of kind pricing."
    ) in told("scoring", "Points")


ONE = {"keep": 1}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "+10, the freshest 3 count, halves every 14 days, at most 30 in all"),
        (ONE, "+10, only the freshest counts, halves every 14 days"),
        ({"points": -2.5, "keep": 2}, "-2.5, the freshest 2 count, halves every 14 days, at most -5 in all"),
        ({"points": 0}, "gives nothing, the freshest 3 count, halves every 14 days"),
        (
            ONE | {"limit": 2, "limit_per": "week"},
            "+10, only the freshest counts, at most 2 a week, halves every 14 days",
        ),
        (
            ONE | {"limit": 1, "limit_per": "asset"},
            "+10, only the freshest counts, at most 1 an asset, halves every 14 days",
        ),
        (ONE | {"half_life_days": 1}, "+10, only the freshest counts, halves every 1 day"),
        (ONE | {"min_dwell_ms": 1_500}, "+10, only the freshest counts, halves every 14 days, read for 1.5 s or more"),
    ],
)
def test_each_part_of_a_rule_is_said(more: dict[str, Any], said: str) -> None:
    assert rule(**more) == f"X: {said}; hit by nothing."


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"page_kinds": ["a", "b"], "form_kinds": ["c"]}, "pages of kind a or b and forms of kind c"),
        ({"name": "webinar_attended"}, "event webinar_attended"),
        ({"kind": "page_view"}, "counted pages"),
        ({"kind": "return_visit"}, "an active day with another 1 to 7 days before it"),
        ({"kind": "deep_visit"}, "a day with 8 counted pages"),
        ({"kind": "mail", "mail_kinds": ["opened", "replied"]}, "mails opened or replied"),
        ({"kind": "mail_click", "probable_points": 1}, "clicks of a person; what was probably one gives +1"),
        ({"kind": "other"}, "what the kind other finds"),
    ],
)
def test_what_hits_a_rule_is_said(more: dict[str, Any], said: str) -> None:
    assert rule(**ONE, **more) == f"X: +10, only the freshest counts, halves every 14 days; hit by {said}."


def test_points_together_fit_and_grade() -> None:
    assert told("scoring", "Together")[0].startswith("web: at most 50 together (Pages read, Came back within a week, ")
    assert "penalty: no cap (Careers pages and Unsubscribed)." in told("scoring", "Together")
    assert told("scoring", "Fit")[0] == "Seniority: executives +15, directors +12, managers +8, other titles +4."
    assert told("scoring", "Fit")[2] == "Company size: 50-1000 employees +12, 10-49 or 1001-5000 +6."
    assert told("scoring", "Fit")[3:] == (
        "Segment: growth +10; one that we say no to -25.",
        "Region: none +5.",
        "Free-mail address: -10.",
        "Fit lies between 0 and 50; what is unknown gives 0.",
    )
    assert told("scoring", "Pages")[0].startswith("A page counts when it was read for 5 s or more; never careers, ")
    assert told("scoring", "Total") == (
        "Engagement is what the groups give, between -50 and 100; total = fit + engagement.",
        "Grade: A from fit 35, B from fit 20, else C; 1 from engagement 60, 2 from engagement 30, else 3.",
    )


def test_stages_and_arrows_in_words() -> None:
    """Ask A43."""
    assert told("stages", "Stages")[0] == "Anonymous (anonymous): no clock."
    assert "MQL (mql): has a clock: it goes overdue, and moves nobody." in told("stages", "Stages")
    assert any(one.startswith("Dead end (dead_end): nobody is scored") for one in told("stages", "Stages"))
    arrows = told("stages", "Arrows")
    assert "T3 Lead gained or Nurture -> MQL: qualified, via score." in arrows
    assert "T0 nowhere -> Anonymous: page_seen, via visit." in arrows
    assert "T14 anywhere -> Dead end: dead_end, via dead_end." in arrows
    assert "T14 Dead end -> wherever the rest leads: restored, via restored." in arrows
    assert told("stages", "Thresholds")[0].startswith(
        "A score qualifies (T3) from a total of 100 on, with engagement of 40 or more and 2 different rules "
    )
    assert "The hot mark goes on at 100 and off below 80." in told("stages", "Thresholds")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "x: MQL, if it is younger than the last setback."),
        ({"role": "final"}, "x: MQL, for good."),
        ({"role": "lifting", "stage": ""}, "x: lifts what was closed."),
        ({"needs": "held"}, "x: MQL, if it is younger than the last setback, behind held."),
        ({"times": 2}, "x: MQL, if it is younger than the last setback, the 2nd time."),
        ({"times": 4}, "x: MQL, if it is younger than the last setback, from the 4th time on."),
        ({"role": "recovery", "waits": True}, "x: MQL, ends a setback, from the end of the hold on."),
        ({"consent": True}, "x: MQL, if it is younger than the last setback, with consent to marketing."),
        (
            {"by_hand": True, "reasons": ["a", "b"]},
            "x: MQL, if it is younger than the last setback, said by people (reason a or b).",
        ),
        (
            {"by_hand": True, "why": True},
            "x: MQL, if it is younger than the last setback, said by people, with a reason.",
        ),
        ({"sub_stage": "held"}, "x: MQL (held), if it is younger than the last setback."),
        ({"role": "note", "stage": ""}, "x: decides nothing by itself."),
        ({"role": "setback", "base_reasons": ["early"]}, "x: MQL, a setback (after early back at once)."),
    ],
)
def test_what_decides_in_words(more: dict[str, Any], said: str) -> None:
    one = MilestoneRule(kind="x", role="progress", stage="mql")
    rules = replace_unchecked(
        milestone=(replace(one, **{k: tuple(v) if isinstance(v, list) else v for k, v in more.items()}),)
    )
    assert words(milestone_sentences(rules)) == (said,)


def replace_unchecked(**more: Any) -> Any:
    """The stages with other rows, whether their graph is whole or not."""
    stages = copy(RULES.stages)
    for name, value in more.items():
        force_setattr(stages, name, value)
    return stages


def test_holds_in_words() -> None:
    assert words(hold_sentences(RULES.stages))[0].startswith("Recycle")
    assert (
        "Recycle B: timing 90 days, budget 90 days, no_decision 60 days, competitor 270 days, or 90 days before the "
        "rival's contract ends, price 180 days, feature_gap 180 days, or with the release that answers it, every other "
        "reason 90 days. No mail of ours until then."
    ) in told("stages", "Holds")
    assert "Recycle A: 90 days. No mail of ours until then." in told("stages", "Holds")


def test_lists_end_with_or() -> None:
    interest = "Interest (engaged) is a hit of product_page, pricing_page or comparison_page."
    assert interest in words(threshold_sentences(RULES.stages))
    assert any("개발 or 보안)" in one for one in words(fit_sentences(RULES.scoring.rules.fit)))


def test_clocks_and_checks_in_words() -> None:
    clocks = told("stages", "Clocks")
    assert "MQL, by requested: 4 hours of work." in clocks
    assert "MQL, by qualified: 1 day of work." in clocks
    assert "disposition no_response counts from 6 x attempt or 14 days on." in clocks
    assert "A talk counts once these are answered: bant, problem, obstacle, solution and effect." in clocks
    meeting = next(one for one in told("stages", "Stages") if one.startswith("Meeting"))
    assert meeting.endswith("; inside it accepted, booked then held.")
    release = Release(answers=("feature_gap:sso",), at=datetime(2026, 5, 1, tzinfo=UTC))
    said = words(clock_sentences(replace_unchecked(sla=(), guard=(), check=(), release=(release,))))
    assert said == ("Released on 2026-05-01: answers feature_gap:sso.",)


def test_the_graph_is_a_mermaid_picture() -> None:
    lines = mermaid(RULES.stages).splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert '    state "Lead gained" as gained' in lines
    assert "    [*] --> anonymous: T0 page_seen" in lines
    assert "    gained --> mql: T3 qualified" in lines
    assert "    won --> dead_end: T14 dead_end" in lines
    assert "    dead_end --> dead_end: T14 dead_end" not in lines
    assert "    dead_end --> wherever: T14 restored" in lines
    assert '    state "wherever the rest leads" as wherever' in lines


def test_returns_in_words() -> None:
    assert told("returns", "R:")[0] == "Person of the lost deal is back: +5 each, at most 10."
    levels = words(level_sentences(RULES.returns))
    assert levels[1] == "R of 8 or more: real time. R of 4 or more: digest. Below: shown on the card only."
    assert levels[9].startswith("An account's engagement joins its 5 strongest people;")
    assert levels[10].endswith("hold ends within 14 days, or whose contract with a rival ends within 90 days.")
    own = words(level_sentences(ReturnsRules(currency="KRW", rates={"USD": 1_400.0, "EUR": 1_500.5})))
    assert own[11] == "Amounts are compared in KRW; other currencies: 1 EUR = 1500.5 and 1 USD = 1400."
    assert levels[4] == (
        "Nobody claims a real-time alert: a reminder after 2 hours of work, the leader after 4, the next in line after "
        "8. A claim without outcome is reminded of after 7 days."
    )
    assert levels[5].startswith("What is claimed inside a hold has that time from its end on")
    assert levels[6].startswith("A snooze lasts 30 days; who is of another company, a job seeker or a partner counts ")
    assert levels[8] == "Inside a hold an alert says: Information only: no contact before {date}."
    assert "price: Value case first. No discount." in told("returns", "What to do")
    assert told("returns", "What to do")[-1].startswith("maturity level 5: ")
    assert told("returns", "What to do")[0].startswith("every other reason: ")


ROUTING = convert(
    {
        "holidays": ["2026-12-25"],
        "own_domains": ["us.example"],
        "rep": [
            {
                "email": "rita@us.example",
                "name": "Rita",
                "territories": ["KR", "JP"],
                "timezone": "Asia/Seoul",
                "leader": "lea@us.example",
            },
            {"email": "lea@us.example", "field": True},
            {"email": "gone@us.example", "active": False},
        ],
        "target": [{"domain": "acme.example", "rep": "rita@us.example"}, {"domain": "beta.example"}],
        "network": [{"domain": "acme.example", "ranges": ["192.0.2.0/24"]}],
        "company": [{"domains": ["acme.example", "acme.test", "acme.org"]}],
        "channels": {"digest": ["mail"], "at_once": ["webhook", "console"]},
    },
    RoutingRules,
    strict=False,
)


def test_who_hears_what_when() -> None:
    assert words(when_sentences(ROUTING, timezone="UTC")) == (
        "Real-time alerts go to webhook; digests to mail.",
        (
            "At work: mon, tue, wed, thu and fri, 09:00 to 18:00 in each rep's own time zone (UTC where none is said), "
            "less 1 holiday."
        ),
        (
            "At other times nobody is told until work begins, but of a request at once; webhook and console show every "
            "alert at once."
        ),
        (
            "At most 5 real-time messages of a rep and day, requests apart; the rest goes to the digest at 08:30 with "
            "at most 10 alerts."
        ),
    )
    assert words(rep_sentences(ROUTING)) == (
        (
            "Told is the owner of the lost deal, else the account's owner, else whose turn it is among those of the "
            "territory, else team:sales."
        ),
        "Rita: takes turns, territories KR and JP, Asia/Seoul and led by lea@us.example.",
        "lea@us.example: field sales and every territory.",
        "gone@us.example: not active, hears nothing.",
    )
    assert words(listing_sentences(ROUTING)) == (
        "Our own staff (a dead end): us.example.",
        "Competitors (a dead end): none.",
        "Target account acme.example: rita@us.example.",
        "Target account beta.example: nobody named.",
        "Network of acme.example: 192.0.2.0/24.",
        "One company, acme.example: also acme.test and acme.org.",
    )
    quiet = "webhook shows every alert at once."
    alone = RoutingRules(channels=Channels(at_once=("webhook",)))
    assert any(quiet in one for one in words(when_sentences(alone, timezone="UTC")))


def test_what_the_site_means() -> None:
    assert told("site", "Pages")[0] == "pricing: /pricing*, /prices*, /plans* or /*/pricing*; answers price."
    assert "demo: /demo* or /trial*." in told("site", "Pages")
    events = words(event_sentences(RULES.site.rules))
    assert events[0] == "Attention to pages is measured by site; days are those of UTC."
    assert "Form demo or request demo: demo (a request: fast pass)." in events
    assert "Event demo_requested: form of kind demo." in events
    assert "Event file_downloaded: rule gated_download." in events
    assert "Event program_invited: program invited." in events
    assert "department: also team." in told("site", "Traits")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"field": "trait.need", "value": ["a", "b"]}, "trait need is a or b"),
        ({"field": "page_kind", "op": "contains", "value": "doc"}, "page kind contains doc"),
        ({"field": "trait.x", "op": "at_least", "value": 5}, "trait x is at least 5"),
        ({"field": "trait.x", "op": "known", "value": False}, "trait x is unknown"),
        ({"field": "trait.x", "op": "known", "value": True}, "trait x is known"),
        ({"not": {"field": "topic", "value": "a"}}, "not topic is a"),
        (
            {
                "any": [
                    {"field": "topic", "value": "a"},
                    {"all": [{"field": "topic", "value": "b"}, {"field": "topic", "value": "c"}]},
                ]
            },
            "topic is a; or (topic is b; and topic is c)",
        ),
        (
            {"all": [{"any": [{"field": "topic", "value": "a"}]}, {"field": "topic", "value": "b"}]},
            "topic is a; and topic is b",
        ),
    ],
)
def test_a_predicate_in_words(said: dict[str, Any], text: str) -> None:
    assert predicate_words(convert(said, Predicate)).words == text


def test_segments_and_content_in_words() -> None:
    assert told("segments", "Segments")[2].endswith("; we say no to them.")
    assert told("segments", "Segments")[0].startswith(
        "1. Has to prove security to somebody (compliance): trait need is "
    )
    assert "Guide (guide), mid: a form, unless we know who reads." in told("content", "Content")
    assert "Comparison (/compare*), mid: open to everybody; answers competitor; for replacing." in told(
        "content", "Content"
    )
    assert words(content_sentences(ContentRules(seen_days=1))) == (
        "What was seen in the last 1 day is not offered; the own segment comes first.",
    )


def test_every_file_is_explained_and_nothing_else() -> None:
    assert {f"{one.file}.toml" for one in explained(RULES)} >= set(FILES)
    with pytest.raises(KeyError):
        explained(RULES, file="nonsense")
    assert all(one.sentences for one in explained(RULES))


# ─── what changes
PACKAGED = published()


def test_the_same_rules_say_the_same() -> None:
    assert changes(PACKAGED, published()) == ()
    assert unknown_past(PACKAGED, published()) == ()


def test_a_change_is_said_in_the_same_words() -> None:
    """Ask A14."""
    (found,) = changes(
        PACKAGED,
        published(
            (
                "scoring.toml",
                "points = 10\nkeep = 3\nlimit = 1\nhalf_life_days = 14",
                "points = 12\nkeep = 3\nlimit = 1\nhalf_life_days = 14",
            )
        ),
    )
    assert (found.file, found.title.words) == ("scoring", "Points")
    assert [one.partition(",")[0] for one in words((*found.before, *found.after))] == [
        "Pricing page: +10",
        "Pricing page: +12",
    ]


def test_a_row_that_changes_its_place_is_a_change() -> None:
    """Of several [[page]] that match, the first counts."""
    old = '[[page]]\nkind = "demo"\npaths = ["/demo*", "/trial*"]\n\n'
    moved = published(
        ("site.toml", old, ""), ("site.toml", '[[page]]\nkind = "pricing"', old + '[[page]]\nkind = "pricing"')
    )
    assert [one.title.words for one in changes(PACKAGED, moved)] == ["Pages"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("scoring.toml", "points = 10\n", "points = 11\n"), []),
        (("scoring.toml", "half_life_days = 7", "half_life_days = 8"), []),
        (("scoring.toml", "keep = 10", "keep = 9"), []),
        (
            ("scoring.toml", "keep = 10", "keep = 11"),
            ["Pages read: remembers more; what was let go before is not known."],
        ),
        (("scoring.toml", "limit = 5", "limit = 4"), []),
        (
            ("scoring.toml", "limit = 5", "limit = 6"),
            ["Pages read: remembers more; what was let go before is not known."],
        ),
        (("scoring.toml", "limit = 5\n", ""), ["Pages read: remembers more; what was let go before is not known."]),
        (("scoring.toml", "points = 5\nkeep = 3\n", "points = 5\nkeep = 3\nlimit = 1\n"), []),
        (
            ("scoring.toml", "min_dwell_ms = 10_000", "min_dwell_ms = 9_000"),
            ["Product pages: is hit by something else; hits of before stay as they are."],
        ),
        (
            ("scoring.toml", 'name = "careers_page"', 'name = "jobs_page"'),
            ["Careers pages: a new rule; it counts what happens from now on."],
        ),
        (
            ("scoring.toml", "counted_ms = 5_000", "counted_days = 11"),
            ["More pages are remembered; those that were let go before are not known."],
        ),
        (
            ("site.toml", '"/trial*"', '"/try*"'),
            ["What pages mean has changed; what was read, sent or done before keeps its former meaning."],
        ),
        (
            ("site.toml", 'event = "video_watched"', 'event = "film_watched"'),
            ["What events mean has changed; what was read, sent or done before keeps its former meaning."],
        ),
    ],
)
def test_what_is_exact_only_from_now_on_is_said(change: tuple[str, str, str], said: list[str]) -> None:
    assert list(words(unknown_past(PACKAGED, published(change)))) == said
