"""What papers name is there: links with their anchors, files, commands with options, settings, metrics, targets."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from deploy.cli.root import app
from tests.architecture.source import ROOT, where
from tests.reference.metrics_page import exported
from tests.reference.settings_page import settings

PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NOT_DECIDED = [one for one in PAPERS if one.parent.name != "decisions"]  # a decision tells what was then
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)]*))?\)")
COMMAND = re.compile(r"(?<![\w./-])leadstream ((?:[a-z][a-z-]*(?: |$))+)([^`|#\n]*)", re.MULTILINE)
VARIABLE = re.compile(r"LEADSTREAM_[A-Z][A-Z_]*[A-Z]")
METRIC = re.compile(r"`[^`\n]*?\b(leadstream_[a-z_]+)[^`\n]*`")
PLACE = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")
TARGET = re.compile(r"(?:`|^ *)make ([a-z]+)\b", re.MULTILINE)
OF_TESTS = {"LEADSTREAM_FAULTS_MINUTES", "LEADSTREAM_TEST_SEED", "LEADSTREAM_COLLECTOR_URL", "LEADSTREAM_SERVER_KEY"}
NO_METRICS = {"leadstream_lead", "leadstream_message", "leadstream_theme"}  # tags of mails, a cookie
PARTS_OF_A_HISTOGRAM = ("_bucket", "_sum", "_count")


@cache
def text(paper: Path) -> str:
    return paper.read_text()


def anchors(paper: Path) -> set[str]:
    """As GitHub makes them of headings."""
    heads = re.findall(r"^#+ (.*)$", text(paper), re.MULTILINE)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", one) for one in heads)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in plain}


def broken(paper: Path) -> Iterator[str]:
    for place, anchor in LINK.findall(text(paper)):
        if "://" in place:
            continue
        at = (paper.parent / place) if place else paper
        if not at.exists() or (anchor and at.suffix == ".md" and anchor not in anchors(at)):
            yield f"{place}#{anchor}"


@pytest.mark.parametrize("paper", PAPERS, ids=where)
def test_every_link_leads_to_a_page_and_its_heading(paper: Path) -> None:
    assert list(broken(paper)) == []


@pytest.mark.parametrize("paper", NOT_DECIDED, ids=where)
def test_every_file_is_there(paper: Path) -> None:
    tops = {one.name for one in ROOT.iterdir() if one.is_dir() and not one.name.startswith(".")}
    named = [one for one in PLACE.findall(text(paper)) if one.split("/")[0] in tops]
    assert [one for one in named if not (ROOT / one).exists()] == []


@cache
def command_line() -> Any:
    return get_command(app)


def strange(words: list[str], rest: str) -> str:
    """What a line of a paper says that the command line does not know, "" where it knows all."""
    command = command_line()
    while words and (found := getattr(command, "commands", {}).get(words[0])):
        command, words = found, words[1:]
    if command.name == "leadstream" or (words and getattr(command, "commands", None)):
        return " ".join(words)
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
    return " ".join(one for one in re.findall(r"(?<!\S)--[a-z][a-z-]*", rest) if one not in known)


@pytest.mark.parametrize("paper", NOT_DECIDED, ids=where)
def test_every_command_and_option_is_known(paper: Path) -> None:
    said = [(words.split(), rest) for words, rest in COMMAND.findall(text(paper))]
    assert [(words, found) for words, rest in said if (found := strange(words, rest))] == []


@cache
def known_variables() -> frozenset[str]:
    return frozenset(name for group in settings().values() for name in group) | OF_TESTS


@pytest.mark.parametrize("paper", PAPERS, ids=where)
def test_every_variable_is_a_setting(paper: Path) -> None:
    known = known_variables()
    groups = {one.rpartition("__")[0] for one in known}  # `LEADSTREAM_SLACK__...` stands for all of them
    named = {one.removesuffix("_FILE") for one in VARIABLE.findall(text(paper))}
    assert sorted(named - known - groups) == []


@cache
def known_metrics() -> frozenset[str]:
    return frozenset(one.name for rows in exported().values() for one in rows)


@pytest.mark.parametrize("paper", NOT_DECIDED, ids=where)
def test_every_metric_is_exported(paper: Path) -> None:
    known = known_metrics() | NO_METRICS
    bucketed = {f"{one}{part}" for one in known for part in PARTS_OF_A_HISTOGRAM}
    assert sorted(set(METRIC.findall(text(paper))) - known - bucketed) == []


@pytest.mark.parametrize("paper", NOT_DECIDED, ids=where)
def test_every_target_is_in_the_makefile(paper: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert sorted(set(TARGET.findall(text(paper))) - targets) == []
