"""The rules of the console that is looked at: the packaged ones, with two audiences."""

from pathlib import Path
from typing import Final

from streams.core.rules import Rules, load_rules
from streams.rules_files import read_texts
from tests.unit.console.sights import NAMING

__all__ = ["FILES", "SEEN", "write_rules"]

AUDIENCES: Final = """
[[audience]]
name = "warm_quality_managers"
label = "Warm, and not with sales yet"
when = { all = [
    { field = "stage", value = ["gained", "nurture"] },
    { field = "score", op = "at_least", value = 30 },
] }

[[audience]]
name = "lost_and_reading_again"
label = "Lost a deal and read the pricing page again: kept warm by the partner programme of the region"
announce = false
when = { all = [{ field = "deal", value = "lost" }, { field = "page_kind", value = "pricing" }] }

[[audience]]
name = "students"
label = "Students"
when = { field = "trait.title", value = "Student" }
"""
FILES: Final = read_texts(None) | {"audiences.toml": AUDIENCES}
SEEN: Final[Rules] = load_rules(FILES, naming=NAMING)


def write_rules(directory: Path) -> None:
    """What differs from the packaged ones, for a console to read."""
    directory.mkdir(parents=True)
    (directory / "audiences.toml").write_text(AUDIENCES, "utf-8")
