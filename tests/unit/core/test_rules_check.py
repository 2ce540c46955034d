"""What the rules files allow and nobody means: found with file, line and what to do."""

import pytest

from streams.core.rulebook.check import counts, findings
from streams.core.rules import load_rules
from tests.unit.core.made import NAMING, files

Change = tuple[str, str, str]
LEARNING = 'when = { field = "trait.industry", op = "is", value = ["education", "university", "school"] }'
NEVER = "is never reached: an earlier [[page]] of kind pricing takes all; put this one before that"
RAISE = "raise the cap, or lower the points"
NO_POINTS = "forms of kind survey give no points; add the kind to a rule's form_kinds in scoring.toml"
BETWEEN = '{ field = "trait.a", op = "at_least", value = 5 }, { field = "trait.a", op = "at_most", value = 4 }'
BOTH = '{ field = "trait.a", op = "contains", value = "x" }, { field = "trait.a", op = "contains", value = "y" }'
FORM_KINDS = next(line for line in files()["scoring.toml"].splitlines() if line.startswith("form_kinds ="))
NO_EVENT = "no event can hit it; give it page_kinds or form_kinds, or a [[track]] of site.toml"


def found(*changes: Change, weight: str = "warning") -> list[str]:
    told = files()
    for name, old, new in changes:
        assert old in told[name], (name, old)
        told[name] = told[name].replace(old, new, 1) if old else told[name] + new
    rules = load_rules(told, naming=NAMING)
    return [str(one) for one in findings(rules, told) if one.weight == weight]


def line_of(name: str, text: str, *changes: Change) -> int:
    told = files()[name]
    for _, old, new in changes:
        told = told.replace(old, new, 1) if old else told + new
    return told[: told.index(text)].count("\n") + 1


def test_the_packaged_rules_say_what_they_mean() -> None:
    assert found() == []
    assert all('overlaps with "' in one or "is of kind comparison" in one for one in found(weight="note"))


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "scoring.toml",
            'page_kinds = ["pricing"]',
            'page_kinds = ["prices"]',
            [
                'rule "pricing_page": no [[page]] of site.toml is of kind prices; name one, or take it out',
                f'rule "pricing_page": {NO_EVENT}',
            ],
        ),
        ("scoring.toml", 'page_kinds = ["pricing"]', 'page_kinds = ["pricing", "prices"]', []),
        ("scoring.toml", 'page_kinds = ["pricing"]', 'page_kinds = ["other"]', []),
        ("scoring.toml", 'name = "form"\nkind = "form"', 'name = "form"\nkind = "track"', []),
        ("site.toml", 'rule = "assessment"', 'rule = "asset_view"', [f'rule "assessment": {NO_EVENT}']),
        (
            "scoring.toml",
            "limit = 5\n",
            "limit = 11\n",
            ['rule "page_view": a limit of 11 never matters where 10 are kept; make it smaller than keep'],
        ),
        ("scoring.toml", "limit = 5\n", "limit = 10\n", []),
        (
            "scoring.toml",
            "cap = 50",
            "cap = 9.5",
            [
                f'group "web": a cap of 9.5 is below one hit of rule "comparison_page" (10); {RAISE}',
                f'group "web": a cap of 9.5 is below one hit of rule "pricing_page" (10); {RAISE}',
            ],
        ),
        ("scoring.toml", "cap = 50", "cap = 10", []),
        (
            "scoring.toml",
            '[[group]]\nname = "web"',
            '[[group]]\nname = "unused"\n\n[[group]]\nname = "web"',
            ['group "unused": no rule is in it; take it out'],
        ),
        (
            "site.toml",
            'paths = ["/demo*", "/trial*"]',
            'paths = ["/demo*", "/pricing/demo*"]',
            [f'page "demo": "/pricing/demo*" {NEVER}'],
        ),
        (
            "site.toml",
            'paths = ["/demo*", "/trial*"]',
            'paths = ["/demo*", "/Pricing"]',
            [f'page "demo": "/Pricing" {NEVER}'],
        ),
        ("site.toml", 'paths = ["/demo*", "/trial*"]', 'paths = ["/demo*", "/pricin*"]', []),
        ("site.toml", 'paths = ["/pricing*", "/prices*"', 'paths = ["/?emo*", "/prices*"', []),
        (
            "site.toml",
            'name = "contact"',
            'name = "Inquiry"',
            ['form "Inquiry": is there twice; the last one counts, take the other out'],
        ),
        (
            "site.toml",
            'event = "quote_requested"',
            'event = "Demo Requested"',
            ['track "Demo Requested": is there twice; the last one counts, take the other out'],
        ),
        (
            "site.toml",
            'name = "contact"\nkind = "inquiry"',
            'name = "contact"\nkind = "survey"',
            [f'form "contact": {NO_POINTS}'],
        ),
        (
            "site.toml",
            'form = "quote"',
            'form = "survey"',
            [f'track "quote_requested": {NO_POINTS}'],
        ),
        (
            "stages.toml",
            '[[hold]]\nstage = "recycle_b"\nreason = "timing"',
            '[[hold]]\nstage = ""\nreason = "timing"',
            ['hold "timing": names no stage and holds nobody; give it one'],
        ),
        (
            "stages.toml",
            '[[hold]]\nstage = "recycle_b"\nreason = "timing"',
            '[[hold]]\nstage = "won"\nreason = "timing"',
            ['hold "timing": no setback leads to "won", so it holds nobody'],
        ),
        (
            "stages.toml",
            'reason = "timing"\n',
            'reason = "budget"\n',
            ['hold "budget": is there twice for "recycle_b"; the last one counts'],
        ),
        (
            "stages.toml",
            '[[hold]]\nstage = "recycle_b"\ndays',
            '[[hold]]\nstage = "recycle_b"\nreason = "x"\ndays',
            ['stage "recycle_b": no [[hold]] is for every other reason, so mail goes out at once after those; add one'],
        ),
        (
            "stages.toml",
            'leaves = ["gained", "nurture"]\nhot',
            'leaves = ["gained", "nurtur"]\nhot',
            ['qualified: leaves: there is no stage "nurtur"; did you mean "nurture"?'],
        ),
        (
            "stages.toml",
            'rules = ["product_page", ',
            'rules = ["produkt_page", ',
            ['engaged: no rule of scoring.toml is named "produkt_page"; did you mean "product_page"?'],
        ),
        (
            "stages.toml",
            'rules = ["page_view", ',
            'rules = ["page_views", ',
            ['family "visits": no rule of scoring.toml is named "page_views"; did you mean "page_view"?'],
        ),
        (
            "returns.toml",
            "each = 5\nmost = 10",
            "each = 11\nmost = 10",
            ['signal "deal_person": at most 10 is below one of 11; raise most, or lower each'],
        ),
        ("returns.toml", "each = 5\nmost = 10", "each = 10\nmost = 10", []),
        (
            "returns.toml",
            "real_time_from = 8",
            "real_time_from = 51",
            ["real_time_from: R is at most 50, so no alert is ever real time"],
        ),
        ("returns.toml", "real_time_from = 8", "real_time_from = 50", []),
        (
            "segments.toml",
            '{ field = "topic", value = "competitor" }, { field = "page_kind", value = "pricing" }',
            '{ field = "trait.need", value = "audit" }',
            [],
        ),
        ("segments.toml", LEARNING, 'when = { field = "trait.need", value = ["audit", "switch"] }', []),
        (
            "segments.toml",
            LEARNING,
            'when = { field = "trait.need", value = "audit" }',
            ['segment "learning": nobody comes to it: "compliance" before it takes them all; put it first'],
        ),
        (
            "segments.toml",
            LEARNING,
            'when = { all = [{ field = "trait.a", value = "b" }, { field = "trait.a", value = "c" }] }',
            ['segment "learning": nobody can be in it; its tests exclude each other'],
        ),
        (
            "segments.toml",
            LEARNING,
            f"when = {{ all = [{BETWEEN}] }}",
            ['segment "learning": nobody can be in it; its tests exclude each other'],
        ),
        (
            "segments.toml",
            LEARNING,
            f"when = {{ all = [{BOTH}] }}",
            [],
        ),
        (
            "scoring.toml",
            "segments = []",
            'segments = ["Learning"]',
            ['fit: segments: segments.toml says no to "Learning"; take it out of one of them'],
        ),
    ],
)
def test_what_nobody_means_is_found(name: str, old: str, new: str, said: list[str]) -> None:
    assert sorted(one.split(": ", 1)[1] for one in found((name, old, new))) == sorted(said)


def test_a_domain_is_ours_or_a_competitors() -> None:
    ours = ("routing.toml", "own_domains = []", 'own_domains = ["us.example"]')
    theirs = ("routing.toml", "competitor_domains = []", 'competitor_domains = ["x.example", "us.example"]')
    (said,) = found(ours, theirs)
    assert said.endswith(': competitor_domains: "us.example" is in own_domains too')
    assert found(ours) == []


def test_nobody_is_active() -> None:
    rep = ("routing.toml", "", '\n[[rep]]\nemail = "rita@us.example"\nactive = false\n')
    (said,) = found(rep)
    assert said.endswith("rep: nobody is active, so everything goes to the team")
    line = line_of("routing.toml", "[[rep]]\nemail", rep)
    assert said.startswith(f"routing.toml:{line}: ")
    other = ("routing.toml", "", '\n[[rep]]\nemail = "lea@us.example"\n')
    assert found(rep, other) == []


def test_a_rule_whose_kinds_are_all_unknown_is_hit_by_nothing() -> None:
    said = found(("scoring.toml", FORM_KINDS, 'form_kinds = ["survey"]\npage_kinds = ["none"]'))
    assert [one.split(": ", 1)[1] for one in said if 'rule "form"' in one] == [
        f'rule "form": {NO_EVENT}',
        'rule "form": no [[form]] of site.toml is of kind survey; name one, or take it out',
        'rule "form": no [[page]] of site.toml is of kind none; name one, or take it out',
    ]


def test_a_kind_that_nothing_has_beside_others_is_a_note() -> None:
    said = 'rule "pricing_page": no [[page]] of site.toml is of kind prices; name one, or take it out'
    some = found(("scoring.toml", 'page_kinds = ["pricing"]', 'page_kinds = ["pricing", "prices"]'), weight="note")
    assert any(said in one for one in some)


def test_a_finding_names_its_line() -> None:
    change = ("scoring.toml", "limit = 5\n", "limit = 11\n")
    (said,) = found(change)
    assert said.startswith(f"scoring.toml:{line_of('scoring.toml', 'limit = 11', change)}: ")
    fit = ("scoring.toml", "segments = []", 'segments = ["Learning"]')
    (said,) = found(fit)
    assert said.startswith(f"scoring.toml:{line_of('scoring.toml', 'segments = [', fit)}: ")


def test_an_overlap_is_told_with_somebody_who_is_in_both() -> None:
    notes = found(weight="note")
    assert any(
        'segment "learning": overlaps with "replacing", which counts: somebody with need replace and '
        "industry education is in both" in one
        for one in notes
    )


def test_segments_that_exclude_each_other_do_not_overlap() -> None:
    text = "".join(
        f'[[segment]]\nname = "{name}"\nlabel = "X"\nwhen = {{ field = "trait.need", value = "{name}" }}\n\n'
        for name in "ab"
    )
    told = files() | {"segments.toml": text, "content.toml": ""}
    said = [str(one) for one in findings(load_rules(told, naming=NAMING), told) if one.file == "content.toml"]
    assert not any(one.file == "segments.toml" for one in findings(load_rules(told, naming=NAMING), told))
    assert [one.split(": ", 1)[1] for one in said] == [
        f"no content is for the review stage {review}, so nothing is offered there"
        for review in ("early", "late", "mid")
    ]


def test_too_many_values_are_not_tried() -> None:
    tests = ", ".join(f'{{ field = "trait.f{number}", value = ["a", "b", "c"] }}' for number in range(7))
    text = f'[[segment]]\nname = "many"\nlabel = "X"\nwhen = {{ any = [{tests}] }}\n'
    told = files() | {"segments.toml": text, "content.toml": ""}
    said = [one for one in findings(load_rules(told, naming=NAMING), told) if one.file == "segments.toml"]
    assert [(one.text, one.weight) for one in said] == [
        ('segment "many": too many values to try; look for overlaps yourself', "note")
    ]


def test_counts_are_told_by_file() -> None:
    told = counts(load_rules(files(), naming=NAMING))
    assert told.keys() == files().keys()
    assert told["segments.toml"] == "3 segments"
    assert told["content.toml"] == "6 pieces"
    assert told["routing.toml"].startswith("0 reps, 0 target accounts")
