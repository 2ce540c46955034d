"""`leadstream rules` and `leadstream supply`, as somebody types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.root import app
from deploy.cli.rules.supply import counted_in
from deploy.errors import BadRules, BadSupply
from streams.rules_files import PACKAGED

RUNNER = CliRunner(env={"COLUMNS": "200", "LEADSTREAM_RULES_DIR": ""})


def said(*arguments: object, code: int = 0) -> str:
    result = RUNNER.invoke(app, [str(one) for one in arguments])
    assert result.exit_code == code, result.output
    return result.output


def refused(*arguments: object) -> str:
    """The error that `main` prints, with exit code 1."""
    result = RUNNER.invoke(app, [str(one) for one in arguments])
    assert isinstance(result.exception, BadRules | BadSupply), result.output
    return str(result.exception)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A directory of rules with its own scoring.toml, whose content is capped at 4."""
    text = (PACKAGED / "scoring.toml").read_text(encoding="utf-8")
    (tmp_path / "scoring.toml").write_text(text.replace("cap = 40", "cap = 4"), encoding="utf-8")
    return tmp_path


# ─── check
def test_the_packaged_rules_can_be_used_and_say_their_version() -> None:
    output = said("rules", "check", "--strict")
    assert "These rules can be used." in output
    assert output.startswith("Rules ")
    assert "12 page kinds" in output
    assert "packaged" in output


def test_warnings_are_printed_with_their_place_and_count_where_asked(own: Path) -> None:
    output = said("rules", "check", own)
    assert 'group "content": a cap of 4 is below one hit of rule "assessment" (20); raise the cap' in output
    assert "warning: scoring.toml:" in output
    assert "These rules can be used. 3 to look at." in output
    said("rules", "check", own, "--strict", code=1)


def test_a_file_that_is_no_file_of_rules_is_named(own: Path) -> None:
    (own / "scorings.toml").touch()
    assert "warning: scorings.toml: is no file of rules and is not read" in said("rules", "check", own)


def test_an_error_names_file_line_and_fix(tmp_path: Path) -> None:
    (tmp_path / "stages.toml").write_text("[qualified]\ntotl = 3\n", encoding="utf-8")
    assert refused("rules", "check", tmp_path) == 'stages.toml:2: unknown "totl"; did you mean "total"?'
    assert "no such directory" in refused("rules", "check", tmp_path / "none")


# ─── explain
def test_rules_are_told_in_words() -> None:
    output = said("rules", "explain")
    assert (
        "· Pricing page: +10, the freshest 3 count, at most 1 a day, halves every 14 days, at most 30 in all" in output
    )
    assert "stages.toml: Arrows" in output
    only = said("rules", "explain", "--file", "returns")
    assert "Person of the lost deal is back: +5 each, at most 10." in only
    assert "scoring.toml" not in only
    said("rules", "explain", "--file", "nonsense", code=2)


def test_the_graph_is_printed_alone() -> None:
    assert said("rules", "explain", "--mermaid").startswith("stateDiagram-v2\n")


# ─── diff
def test_a_difference_is_told_in_words_and_as_exit_code(own: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("packaged")
    output = said("rules", "diff", empty, own, code=1)
    assert "- content: at most 40 together" in output
    assert "+ content: at most 4 together" in output
    assert "1 section differs." in output
    assert "they say the same." in said("rules", "diff", own, own)
    text = (PACKAGED / "scoring.toml").read_text(encoding="utf-8").replace("keep = 10", "keep = 11")
    (own / "scoring.toml").write_text(text, encoding="utf-8")
    assert "! Pages read: remembers more; what was let go before is not known." in said(
        "rules", "diff", empty, own, code=1
    )


# ─── supply
@pytest.fixture
def crossings(tmp_path: Path) -> Path:
    path = tmp_path / "crossings.json"
    path.write_text(json.dumps({"100": 244, "110": 176, "115": 140}))
    return path


def test_a_threshold_is_proposed_with_its_arithmetic(crossings: Path) -> None:
    """Ask A34."""
    output = said("supply", "propose", crossings, "--sdrs", 3, "--attempts", 4, "--fast-passes", 18)
    assert output.splitlines() == [
        "3 SDR x 80 = 240 half-hours a week, 4 attempts each -> 60 x 0.9 = 54 leads a week.",
        "18 fast passes a week -> 36 left for the score.",
        "Crossings a week by threshold: 100 → 61, 110 → 44, 115 → 35.",
        "Target: 115.",
        "This week: from 100 to 110 (at most 10 points a week).",
        "8 a week are still over.",
        "To approve it: leadstream supply approve 110 --dir DIR",
    ]


def test_a_threshold_that_is_approved_is_written_and_read_by_the_next_proposal(tmp_path: Path, crossings: Path) -> None:
    output = said("supply", "approve", 110, "--dir", tmp_path)
    assert "-total = 100.0" in output
    assert "+total = 110.0" in output
    assert "Rules are " in output
    assert "total of 110 on" in said("rules", "explain", tmp_path, "--file", "stages")
    asked = ("--sdrs", 3, "--attempts", 4, "--fast-passes", 18, "--dir", tmp_path)
    assert "This week: from 110 to 115." in said("supply", "propose", crossings, *asked)
    assert "Nothing changed." in said("supply", "approve", 110, "--dir", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crossings.json", "stages.toml"]


def test_a_leap_needs_force(tmp_path: Path) -> None:
    assert "more than 10 points from the 100 of now" in refused("supply", "approve", 110.5, "--dir", tmp_path)
    assert not (tmp_path / "stages.toml").exists()
    assert "+total = 130.0" in said("supply", "approve", 130, "--dir", tmp_path, "--force")
    said("supply", "approve", 0.5, "--dir", tmp_path, code=2)


def test_crossings_are_read_from_csv_too(tmp_path: Path) -> None:
    path = tmp_path / "crossings.csv"
    path.write_text("\ufeffthreshold,crossings\n100,244\n110.5,3\n", encoding="utf-8")
    assert counted_in(path) == {100.0: 244, 110.5: 3}


@pytest.mark.parametrize("text", ["", "{}", "{", '{"a": 1}', '{"100": null}', "theta,n\n1,2\n", '{"100": -1}'])
def test_what_holds_no_counts_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "crossings"
    path.write_text(text)
    with pytest.raises(BadSupply):
        counted_in(path)
    with pytest.raises(BadSupply, match="cannot read"):
        counted_in(tmp_path / "none")
