"""A bad rules file stops the start with one clear message: file, line, and the fix."""

from pathlib import Path
from typing import Any

import pytest

from streams.core.rules import FILES, Rules, RulesError, load_rules
from streams.core.score.rule_kinds import RULE_KINDS
from streams.rules_files import PACKAGED, read_rules
from tests.unit.core.made import NAMING, RULES, files


def line_of(text: str, wanted: str) -> int:
    return text[: text.index(wanted)].count("\n") + 1


def refusal(name: str, before: str, after: str) -> tuple[str, int]:
    """What is said when `before` is written as `after`, and the line where that stands."""
    told = files()
    assert before in told[name]
    told[name] = told[name].replace(before, after, 1)
    with pytest.raises(RulesError) as refused:
        load_rules(told, naming=NAMING)
    return str(refused.value), line_of(told[name], after) if after else 0


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("scoring.toml", "half_life_days = 7", "half_life = 7",
         'rule "page_view": unknown "half_life"; did you mean "half_life_days"?'),
        ("scoring.toml", "points = 3", 'points = "3"', 'rule "product_page": "points": Expected `float`, got `str`'),
        ("scoring.toml", "keep = 10", "keep = 0", 'rule "page_view": "keep": Expected `int` >= 1'),
        ("scoring.toml", 'kind = "page_view"', 'kind = "pageview"',
         'rule "page_view": unknown kind "pageview"; did you mean "page_view"?'),
        ("scoring.toml", 'group = "content"', 'group = "contents"',
         'rule "asset_view": no [[group]] is named "contents"; did you mean "content"?'),
        ("scoring.toml", 'name = "return_visit"', 'name = "page_view" ', 'rule "page_view": is there twice'),
        ("scoring.toml", "[pages]", "[page]", 'unknown "page"; did you mean "pages"?'),
        ("scoring.toml", "counted_ms = 5_000", "counted_ms = five", "not TOML: Invalid value"),
        ("scoring.toml", "manager_words = [", "manger_words = [",
         'unknown "manger_words"; did you mean "manager_words"?'),
        ("site.toml", 'kind = "pricing"', 'kinds = "pricing"',
         'page number 1: unknown "kinds"; did you mean "kind"?'),
        ("site.toml", 'timezone = "UTC"', 'timezone = "Mars/Base"',
         'no time zone is named "Mars/Base"; write one such as "Europe/Berlin"'),
        ("site.toml", 'rule = "gated_download"', 'rule = "gated_downlaod"',
         'track "file_downloaded": no rule of scoring.toml is named "gated_downlaod"; did you mean "gated_download"?'),
        ("site.toml", 'paths = ["/pricing*", ', 'paths = ["pricing*", ',
         'page "pricing": "paths": Expected `str` matching regex \'^/\''),
        ("stages.toml", 'by = "requested"', 'by = "reqested"', 'arrow "T4": by: there is no "reqested"'),
    ],
)  # fmt: skip
def test_an_error_names_file_line_and_fix(name: str, before: str, after: str, said: str) -> None:
    message, line = refusal(name, before, after)
    file, number, rest = message.split(":", 2)
    assert (file, rest.strip().startswith(said)) == (name, True), message
    assert number in (str(line), str(line - 1)), message  # a check of a whole table names its header


def test_a_missing_key_names_its_table() -> None:
    message, _ = refusal("scoring.toml", 'group = "web"\n', "")
    assert message.endswith('rule "page_view": Object missing required field `group`')
    assert message.startswith("scoring.toml:6:")


def test_a_mail_rule_that_nothing_hits_is_refused() -> None:
    message, _ = refusal("scoring.toml", 'mail_kinds = ["replied"]\n', "")
    assert message.endswith('rule "mail_reply": kind: one of kind "mail" names its events in mail_kinds')


def test_a_missing_file_is_named() -> None:
    told: dict[str, Any] = files()
    del told["stages.toml"]
    with pytest.raises(RulesError, match=r"^stages\.toml: this file is missing$"):
        load_rules(told, naming=NAMING)


@pytest.mark.parametrize("track", ['event = "x"\n', 'event = "x"\nrule = "form"\nform = "quote"\n'])
def test_a_track_event_has_one_meaning(track: str) -> None:
    told = files()
    told["site.toml"] += f"\n[[track]]\n{track}"
    with pytest.raises(RulesError, match=r'^site\.toml:\d+: track "x": say either rule or form$'):
        load_rules(told, naming=NAMING)


PROGRAM = """
[[program]]
id = "fair-1"
kind = "fair"
starts_at = 2026-04-14T08:00:00Z
ends_at = 2026-04-14T08:00:00Z
"""


@pytest.mark.parametrize(("text", "said"), [
    pytest.param(PROGRAM + PROGRAM, 'program "fair-1" is there twice', id="twice"),
    pytest.param(PROGRAM.replace("T08:00:00Z", "T07:59:59Z").replace("T07:59:59Z", "T08:00:00Z", 1),
                 "ends_at is before starts_at", id="backwards"),
    pytest.param(PROGRAM.replace("08:00:00Z", "08:00:00"), "starts_at", id="a time without its zone"),
    pytest.param(PROGRAM.replace('"fair"', '"party"'), "party", id="another kind"),
    pytest.param('\n[[track]]\nevent = "x"\nprogram = "attended"\n', "asset must name the property", id="which one"),
    pytest.param('\n[[track]]\nevent = "x"\nform = "quote"\nprogram = "attended"\n', "say either rule or form",
                 id="a form and a program"),
])  # fmt: skip
def test_programs_are_whole(text: str, said: str) -> None:
    told = files()
    load_rules(told | {"site.toml": told["site.toml"] + PROGRAM}, naming=NAMING)
    with pytest.raises(RulesError, match=rf"^site\.toml:\d+: .*{said}"):
        load_rules(told | {"site.toml": told["site.toml"] + text}, naming=NAMING)


def test_the_version_follows_from_what_the_files_say() -> None:
    same, other = load_rules(files(), naming=NAMING), files()
    other["scoring.toml"] += "\n# a remark\n"
    assert same.version == load_rules(files(), naming=NAMING).version != load_rules(other, naming=NAMING).version
    assert len(same.version) == 12


def test_a_directory_of_rules_goes_before_the_packaged_ones_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('[site]\ntimezone = "Asia/Seoul"\n', encoding="utf-8")
    told: Rules = read_rules(tmp_path, NAMING)
    assert told.site.rules.site.timezone == "Asia/Seoul"
    assert told.scoring.by_name.keys() == read_rules(None, NAMING).scoring.by_name.keys()
    with pytest.raises(RulesError, match="no such directory"):
        read_rules(tmp_path / "none", NAMING)


def test_every_file_is_packaged_and_none_beside_them() -> None:
    assert sorted(path.name for path in PACKAGED.glob("*.toml")) == sorted(FILES)


def test_every_kind_of_rule_is_used() -> None:
    assert {rule.kind for rule in RULES.scoring.by_name.values()} == RULE_KINDS.keys()
