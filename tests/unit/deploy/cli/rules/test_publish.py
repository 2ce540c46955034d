"""`leadstream rules publish`: an approval of the console comes into the files once, and the book says since when."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.root import app
from deploy.cli.rules.command import loaded, texts_of
from deploy.errors import BadRules
from streams.rules_book import Approved, Declined, Published, Reviewed, RulesBook

RUNNER = CliRunner(env={"COLUMNS": "200", "LEADSTREAM_RULES_DIR": "", "LEADSTREAM_CONSOLE__RULES_BOOK": ""})
PACKAGED = loaded(texts_of(None)).version


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "rules"


@pytest.fixture
def book(tmp_path: Path) -> RulesBook:
    return RulesBook(tmp_path / "rules.jsonl")


def published(own: Path, *, by: str = "Omar") -> str:
    said = RUNNER.invoke(app, ["rules", "publish", str(own), "--book", str(own.parent / "rules.jsonl"), "--by", by])
    if isinstance(said.exception, BadRules):
        return str(said.exception)
    assert said.exit_code == 0, said.output
    return said.output


def approved(threshold: float, *, at: int = 1, base: str = PACKAGED) -> Approved:
    return Approved(at=at, by="Lena", base=base, was=100, threshold=threshold)


def test_what_was_approved_is_written_and_noted_once(own: Path, book: RulesBook) -> None:
    """Ask A34."""
    book.write(approved(110))
    output = published(own)
    assert "-total = 100.0" in output
    assert "+total = 110.0" in output
    assert "110 points, approved by Lena" in output
    after = loaded(texts_of(own)).version
    assert [(one.version, one.by) for one in book.published()] == [(PACKAGED, ""), (after, "Omar")]
    assert book.pending(PACKAGED) is None
    assert book.pending(after) is None
    assert "Nothing was waiting" in published(own)
    assert len(book.published()) == 2


def test_rules_changed_by_hand_are_noted_as_they_are(own: Path, book: RulesBook) -> None:
    assert f"Rules {PACKAGED} are in force" in published(own)
    assert [(one.version, one.by) for one in book.published()] == [(PACKAGED, "Omar")]


def test_an_approval_for_other_rules_is_not_written(own: Path, book: RulesBook) -> None:
    book.write(approved(110, base="0f0f0f0f0f0f"))
    assert f"110 points were approved by Lena for rules 0f0f0f0f0f0f, and these are {PACKAGED}" in published(own)
    assert not (own / "stages.toml").exists()
    book.write(Declined(at=2, by="Lena", base="0f0f0f0f0f0f", threshold=110))
    assert "Nothing was waiting" in published(own)


def test_former_rules_that_come_back_are_in_force_again(own: Path, book: RulesBook) -> None:
    book.write(approved(110))
    published(own)
    (own / "stages.toml").unlink()
    published(own)
    versions = [one.version for one in book.published()]
    assert (len(versions), versions[0], versions[-1]) == (3, PACKAGED, PACKAGED)


# ─── the book
def test_a_line_behind_half_a_line_is_read(book: RulesBook, tmp_path: Path) -> None:
    """The disk was full, and then it was not: an approval that was confirmed must not hang on the half before it."""
    book.write(approved(90))
    with (tmp_path / "rules.jsonl").open("ab") as file:
        file.write(b'{"t":"approved","at":2,"by":"Le')
    book.write(approved(95, at=3))
    assert [one.at for one in book.lines()] == [1, 3]


def test_the_newest_decision_counts_and_a_torn_line_hides_no_other(book: RulesBook, tmp_path: Path) -> None:
    book.write(approved(90))
    book.write(approved(95, at=2))
    with (tmp_path / "rules.jsonl").open("ab") as file:
        file.write(b'{"t":"approved","at":3\n\xff\xfe\n[]\n')
    book.write(Reviewed(at=4, by="Lena", version=PACKAGED, lead_id="a"))
    found = book.pending(PACKAGED)
    assert found is not None
    assert found.threshold == 95
    assert [one.at for one in book.decisions()] == [2, 1]
    assert [*book.reviewed(PACKAGED)] == ["a"]
    assert (tmp_path / "rules.jsonl").stat().st_mode & 0o077 == 0


def test_a_console_with_older_rules_does_not_bring_them_back(book: RulesBook) -> None:
    for version in ("a", "b"):
        book.write(Published(at=1, version=version, files={}, by="Omar"))
    assert [one.version for one in book.note("a", {}, at=2)] == ["a", "b"]
    assert [one.version for one in book.note("c", {}, at=3)] == ["a", "b", "c"]
    assert [one.version for one in book.note("a", {}, at=4, by="Omar")] == ["a", "b", "c", "a"]


def test_without_a_file_nothing_is_kept_and_nothing_fails() -> None:
    for path in (None, Path("/dev/null")):
        kept = RulesBook(path)
        kept.write(approved(90))
        assert (kept.is_kept, kept.lines(), kept.pending(PACKAGED)) == (False, kept.lines(), None)
