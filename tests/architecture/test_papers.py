"""What is written down is true: locks, decisions, code map, changelog, stages, the docstrings' examples."""

import doctest
import importlib
import json
import re
import tomllib

import pytest

from schemas.ids import Naming
from streams.core.rulebook.stages_words import mermaid
from streams.core.rules import load_rules
from streams.rules_files import read_texts
from tests.architecture.source import PACKAGES, ROOT, modules, where

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENT = re.compile(r"([a-zA-Z0-9._-]+)(?:\[[^\]]*\])?==(\S+)")


def pins(requirements: list[str]) -> dict[str, str]:
    found = [REQUIREMENT.fullmatch(one) for one in requirements]
    assert all(found), "every dependency is pinned exactly"
    return {one[1]: one[2] for one in found if one}


RUN = pins(PROJECT["dependencies"])
DEV = pins(PROJECT["optional-dependencies"]["dev"])


@pytest.mark.parametrize(("lock", "wanted"), [("requirements.lock", RUN), ("requirements-dev.lock", RUN | DEV)])
def test_the_lock_holds_what_the_project_asks_for(lock: str, wanted: dict[str, str]) -> None:
    """`make lock` after a change of pyproject.toml."""
    text = (ROOT / lock).read_text()
    locked = dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", text, re.MULTILINE))
    assert {name: locked.get(name.lower()) for name in wanted} == wanted
    assert text.count("--hash=sha256:") >= len(locked)
    assert "://" not in text, "a lock names no index: each machine uses its own"


def test_the_locks_of_the_sdks_in_the_contract_tests_are_exact_and_name_no_index() -> None:
    place = ROOT / "tests/contract/sdks"
    asked = pins((place / "requirements.txt").read_text().splitlines())
    locked = (place / "requirements.lock").read_text()
    assert [name for name, version in asked.items() if f"{name}=={version} " not in locked] == []
    assert "://" not in locked


@pytest.mark.parametrize("place", ["tests/browser", "tests/contract/sdks"])
def test_the_locks_of_the_tests_packages_are_exact_and_name_no_index(place: str) -> None:
    packages = json.loads((ROOT / place / "package-lock.json").read_text())["packages"]
    wanted = json.loads((ROOT / place / "package.json").read_text())["devDependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert [name for name, one in packages.items() if "resolved" in one] == []


def test_each_dependency_is_justified() -> None:
    decided = (ROOT / "docs/decisions/0006-dependencies.md").read_text()
    assert [name for name in RUN | DEV if f"`{name}`" not in decided] == []


def test_decisions_are_numbered_one_after_another() -> None:
    papers = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [path.name[:4] for path in papers] == [f"{number:04}" for number in range(1, len(papers) + 1)]
    assert [path.name for path in papers if not path.read_text().startswith(f"# {path.name[:4]} ")] == []


def test_the_changelog_begins_with_this_version() -> None:
    heads = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heads[0] == PROJECT["version"]


def test_the_code_map_names_every_folder() -> None:
    mapped = (ROOT / "ARCHITECTURE.md").read_text()
    folders = {where(path.parent) for path in modules() if len(path.relative_to(ROOT).parts) > 2}
    assert sorted(one for one in folders if f"`{one}/`" not in mapped) == []


def test_the_index_leads_to_every_paper_and_names_decisions_by_their_titles() -> None:
    index = (ROOT / "docs/README.md").read_text()
    papers = [path for path in (ROOT / "docs").rglob("*.md") if path != ROOT / "docs/README.md"]
    assert sorted(where(one) for one in papers if f"({one.relative_to(ROOT / 'docs')})" not in index) == []
    titles = [one.read_text().partition("\n")[0][7:] for one in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert [one for one in titles if f") {one}\n" not in index] == []


def test_the_drawn_stages_are_those_of_the_rules() -> None:
    """`leadstream rules explain --mermaid` prints the picture."""
    rules = load_rules(read_texts(None), naming=Naming(b"any key of sixteen"))
    paper = (ROOT / "docs/reference/stages.md").read_text()
    assert paper.partition("```mermaid\n")[2].partition("```")[0] == mermaid(rules.stages)


EXAMPLES = [path for path in modules() if ">>>" in path.read_text("utf-8")]


@pytest.mark.parametrize("path", EXAMPLES, ids=where)
def test_the_examples_in_docstrings_run(path: object) -> None:
    name = where(path).removesuffix(".py").replace("/", ".")  # type: ignore[arg-type]
    assert name.split(".")[0] in PACKAGES
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted
    assert not result.failed
