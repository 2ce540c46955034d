"""The committed tracker is what its sources say, within its budget. Needs Node.js for all but the budget."""

import gzip
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "tracker_js"
STATIC = ROOT / "producers" / "collector" / "static"
BUDGET = json.loads((SOURCES / "budget.json").read_text())


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if found and (SOURCES / "node_modules" / "esbuild").exists():
        return found
    message = "no Node.js" if not found else "the tracker's build tools are not installed: npm ci in tracker_js"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def run(*command: str) -> str:
    ended = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_tracker_is_within_its_budget() -> None:
    size = len(gzip.compress((STATIC / "leadstream.js").read_bytes(), 9))
    print(f"BENCH tracker_core_bytes {size} bytes ({size}..{size})")
    assert size <= BUDGET["leadstream.js"]["gzip_bytes"] <= 3_300


def test_what_takes_the_place_of_segment_s_script_is_within_its_budget() -> None:
    size = len(gzip.compress((STATIC / "analytics.js").read_bytes(), 9))
    assert size <= BUDGET["analytics.js"]["gzip_bytes"] <= 1_400


def test_the_snippet_is_within_its_budget() -> None:
    assert len((STATIC / "snippet.html").read_bytes()) <= BUDGET["snippet.html"]["bytes"] <= 1_024


def test_the_built_file_says_its_version() -> None:
    version = json.loads((SOURCES / "package.json").read_text())["version"]
    assert (STATIC / "leadstream.js").read_text().startswith(f"/*! leadstream-js {version} */")


def test_nothing_is_loaded_from_elsewhere() -> None:
    """No address stands in what is served, and none of a registry in the lock file."""
    for name in ("leadstream.js", "analytics.js", "snippet.html"):
        assert not re.search(r"https?://", (STATIC / name).read_text())
    assert "resolved" not in (SOURCES / "package-lock.json").read_text()


@pytest.mark.node
def test_the_committed_files_are_what_the_sources_build(node: str, tmp_path: Path) -> None:
    run(node, "build.mjs", str(tmp_path))
    for name in ("leadstream.js", "analytics.js", "snippet.html"):
        assert (tmp_path / name).read_bytes() == (STATIC / name).read_bytes(), "run `make tracker` and commit"


@pytest.mark.node
def test_the_sources_are_typed(node: str) -> None:
    run(node, "node_modules/typescript/bin/tsc", "--project", "tsconfig.json")


@pytest.mark.node
def test_the_built_file_does_what_it_says(node: str) -> None:
    run(node, "--test", *(str(path) for path in sorted((SOURCES / "test").glob("*.test.js"))))


def test_the_snippet_keeps_every_call_until_the_tracker_comes() -> None:
    said = re.search(r"&&(\[[^]]+\])\.forEach", (STATIC / "snippet.html").read_text())
    verbs = re.search(r"const verbs = Object\.assign\(Object\.create\(null\), \{ ([^}]+) \}\)",
                      (SOURCES / "src" / "index.js").read_text())  # fmt: skip
    assert said is not None
    assert verbs is not None
    assert set(json.loads(said[1])) == set(verbs[1].split(", "))
