"""`leadstream rules`: look at a directory of rules before a worker does, and read them as sentences."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from deploy.errors import BadRules

if TYPE_CHECKING:
    from schemas.ids import Naming
    from streams.core.rules import Rules

__all__ = ["app", "loaded", "texts_of"]

app = typer.Typer(
    help="The rules: points, stages, returns, routing, segments, audiences, content. Check, read and compare them.\n\n"
    "DIR is your directory of rules (default: LEADSTREAM_RULES_DIR, else the packaged ones); a file that it lacks is "
    "taken from the packaged ones. Workers read rules when they start: publish by starting them again. Scores are then "
    "recomputed a few at a time, and nothing fires.",
    no_args_is_help=True,
)
Directory: TypeAlias = Annotated[
    Path | None,
    typer.Argument(envvar="LEADSTREAM_RULES_DIR", help="Your directory of rules.", show_default="the packaged rules"),
]
File: TypeAlias = Literal["scoring", "stages", "returns", "routing", "site", "segments", "audiences", "content"]
_COLOURS: Final = {"warning": "yellow", "note": "dim"}


@app.command()
def check(
    directory: Directory = None,
    *,
    strict: Annotated[bool, typer.Option(help="Warnings too end with exit code 1.")] = False,
) -> None:
    """Say whether a worker would take these rules, their version, and what is probably not meant.

    An error names file, line and the fix, and ends with exit code 1. Warnings and notes do not, unless [b]--strict[/b].
    """
    from streams.core.rulebook.check import counts, findings

    texts = texts_of(directory)
    rules = loaded(texts)
    console = Console(highlight=False)
    table = Table("file", Column("from", no_wrap=True), "holds", title=f"Rules {rules.version}", title_justify="left")
    for name, held in counts(rules).items():
        table.add_row(name, _origin(directory, name), held)
    console.print(table)
    found = findings(rules, texts)
    for one in found:
        line = Text.assemble((f"{one.weight}: ", _COLOURS[one.weight]), str(one))
        console.print(line, soft_wrap=True)
    for name in _strangers(directory, set(texts)):
        console.print(Text(f"warning: {name}: is no file of rules and is not read", style="yellow"), soft_wrap=True)
    warnings = sum(one.weight == "warning" for one in found) + len(_strangers(directory, set(texts)))
    console.print(Text("These rules can be used." + (f" {warnings} to look at." if warnings else ""), style="green"))
    if strict and warnings:
        raise typer.Exit(1)


@app.command()
def explain(
    directory: Directory = None,
    *,
    file: Annotated[File | None, typer.Option(help="Only this file.", show_default="all")] = None,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Only the stage graph, as a Mermaid diagram.")] = False,
) -> None:
    """Tell the rules in words that people read: each rule one sentence.

    [b]leadstream rules explain --file scoring[/b] tells what gives points; [b]--mermaid[/b] prints the stage graph for
    a page that draws it.
    """
    from streams.core.rulebook.in_words import explained
    from streams.core.rulebook.stages_words import mermaid as drawn

    rules = loaded(texts_of(directory))
    if mermaid:
        typer.echo(drawn(rules.stages), nl=False)
        return
    console = Console(highlight=False)
    console.print(Text(f"Rules {rules.version}", style="bold"))
    for section in explained(rules, file=file or ""):
        table = _sentences(f"{section.file}.toml: {section.title.words}")
        for sentence in section.sentences:
            table.add_row("·", Text(sentence.words))
        console.print(table)


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="A directory of rules; what it lacks is the packaged file.")],
    after: Annotated[Path, typer.Argument(help="Another.")],
) -> None:
    """Say in words what changes from one directory of rules to another: exit code 1 where anything does.

    It also says what is exact only from the publication on, because the past was not kept for it.
    """
    from streams.core.rulebook.in_words import changes
    from streams.core.rulebook.past import unknown_past
    from streams.core.rulebook.phrasing import plural

    was, now = loaded(texts_of(before)), loaded(texts_of(after))
    console = Console(highlight=False)
    found = changes(was, now)
    for change in found:
        table = _sentences(f"{change.file}.toml: {change.title.words}")
        for sentence in change.before:
            table.add_row(Text("-", style="red"), Text(sentence.words, style="red"))
        for sentence in change.after:
            table.add_row(Text("+", style="green"), Text(sentence.words, style="green"))
        console.print(table)
    for sentence in unknown_past(was, now):
        console.print(Text(f"! {sentence.words}", style="yellow"), soft_wrap=True)
    said = f"{plural(len(found), 'section')} differ{'s' if len(found) == 1 else ''}." if found else "they say the same."
    console.print(Text(f"{was.version} -> {now.version}: {said}", style="bold"))
    if found:
        raise typer.Exit(1)


def texts_of(directory: Path | None) -> dict[str, str]:
    """The text of each file, by name. Raises BadRules."""
    from streams.core.rules import RulesError
    from streams.rules_files import read_texts

    try:
        return read_texts(directory)
    except RulesError as error:
        raise BadRules(str(error)) from error


def loaded(texts: dict[str, str], *, naming: "Naming | None" = None) -> "Rules":
    """The rules that these texts say; `naming` None: nobody is named by them. Raises BadRules."""
    from schemas.ids import Naming
    from streams.core.rules import RulesError, load_rules

    try:
        return load_rules(texts, naming=naming or Naming(b"no lead is named here"))
    except RulesError as error:
        raise BadRules(str(error)) from error


def _sentences(title: str) -> Table:
    table = Table.grid(Column(width=1), Column(overflow="fold"), padding=(0, 1))
    table.title, table.title_justify, table.title_style = f"\n{title}", "left", "bold"
    return table


def _origin(directory: Path | None, name: str) -> Text:
    own = directory is not None and (directory / name).exists()
    return Text(str(directory), style="green") if own else Text("packaged", style="dim")


def _strangers(directory: Path | None, known: set[str]) -> list[str]:
    return [] if directory is None else sorted(path.name for path in directory.glob("*.toml") if path.name not in known)
