"""`leadstream rules publish`: what a leader approved in the console comes into the files, and the book says so."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from deploy.cli.actor import actor
from deploy.cli.rules.command import loaded, texts_of
from deploy.cli.rules.supply import write_threshold
from deploy.errors import BadRules
from running.wall_clock import utc_ms
from streams.console_files import RULES_BOOK

if TYPE_CHECKING:
    from streams.rules_book import Approved, RulesBook

__all__ = ["publish"]


def publish(
    directory: Annotated[
        Path,
        typer.Argument(envvar="LEADSTREAM_RULES_DIR", file_okay=False, metavar="DIR",
                       help="Your directory of rules; an approved threshold is written into its stages.toml."),
    ],
    *,
    book: Annotated[
        Path,
        typer.Option(envvar="LEADSTREAM_CONSOLE__RULES_BOOK", help="The console's book of rules."),
    ] = RULES_BOOK,
    by: Annotated[str, typer.Option(help="Who publishes.", show_default="your user name")] = "",
) -> None:
    """Put what was approved in the console into your rules, and note in its book which rules are in force from now on.

    Without an approval it notes the rules as they are: say so after each change by hand, and the console's page Rules
    tells since when they are, what changed, and who is to be reviewed. Workers and consoles take rules when they start:
    start them again. Scores are then recomputed, and nothing fires.
    """
    from streams.rules_book import RulesBook

    kept, who = RulesBook(book), by or actor()
    directory.mkdir(parents=True, exist_ok=True)
    texts = texts_of(directory)
    version = loaded(texts).version
    try:
        pending = kept.pending(version)
        if pending is None:
            _check_stale(kept, version)
            found = kept.note(version, texts, at=utc_ms(), by=who)
            said = "are in force" if found[-1].by == who else "were known to be in force"
            _say(f"Nothing was waiting for approval. Rules {version} {said}.")
            return
        after = _published(directory, texts, kept, approved=pending, by=who)
    except OSError as error:
        raise BadRules(f"the book of rules {book}: {error.strerror}") from error
    _say(f"Rules are {after} now: {pending.threshold:g} points, approved by {pending.by}. Start workers and consoles "
         "again to take them.")  # fmt: skip


def _published(
    directory: Path, texts: dict[str, str], book: "RulesBook", *, approved: "Approved", by: str
) -> str:
    """The new version. What was in force before stands in the book too, so that both can be compared."""
    book.note(approved.base, texts, at=approved.at)
    after = write_threshold(directory, texts, approved.threshold)
    version = loaded(after).version
    book.note(version, after, at=utc_ms(), by=by)
    return version


def _check_stale(book: "RulesBook", version: str) -> None:
    """Raises BadRules where something was approved for other rules than these: nobody looked at both together."""
    from streams.rules_book import Approved

    newest = next(iter(book.decisions(most=1)), None)
    if isinstance(newest, Approved) and book.pending(newest.base) == newest:
        raise BadRules(
            f"{newest.threshold:g} points were approved by {newest.by} for rules {newest.base}, and these are "
            f"{version}. Bring those back, or take the approval back in the console (Supply control)"
        )


def _say(text: str) -> None:
    Console(highlight=False).print(Text(text, style="bold"), soft_wrap=True)
