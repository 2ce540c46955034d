"""`leadstream replay`: rules A against B over the rows that are kept now. It reads, and announces nothing."""

import csv
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from deploy.cli.copying import bars
from deploy.cli.home import AT_HOME, Home
from deploy.cli.kept.rows import kept_rows
from deploy.cli.rules.command import loaded, texts_of
from deploy.errors import BadReplay, BadRules
from deploy.settings import secret_of
from running.wall_clock import utc_ms

if TYPE_CHECKING:
    from schemas.ids import Naming
    from streams.core.backtest.comparison import Comparison, Share
    from streams.core.backtest.two_rules import LineByTwo
    from streams.core.rules import Rules

__all__ = ["replay"]

BOM: Final = "utf-8-sig"
SAME_LINES: Final = "none: the threshold does"


def replay(
    before: Annotated[Path, typer.Argument(metavar="A", exists=True, file_okay=False, help="A directory of rules.")],
    after: Annotated[Path, typer.Argument(metavar="B", exists=True, file_okay=False, help="Another.")],
    *,
    leads: Annotated[int, typer.Option(min=0, max=500, help="Show at most so many leads and accounts.")] = 20,
    to: Annotated[
        Path | None, typer.Option("--csv", dir_okay=False, help="Write those who change side here, at most 500.")
    ] = None,
    home: Home = AT_HOME,
) -> None:
    """Try rules B against rules A: who changes side and why, which alerts are gained and lost, what outcomes say.

    It reads every lead's and account's row from Kafka and changes nothing. Needs LEADSTREAM_SECRET, or a running
    leadstream up. [b]leadstream rules diff A B[/b] says in words what the rules themselves change.
    """
    from schemas.ids import Naming
    from streams.replay.backtest import compared

    naming = Naming(secret_of(home).encode())
    both = _rules(before, naming), _rules(after, naming)
    console = Console(highlight=False)
    with kept_rows(home) as rows, bars(Console(stderr=True)) as told:
        found = compared(rows, *both, now=utc_ms(), told=told)
    _figures(console, found)
    _sides(console, found, most=leads)
    _accounts(console, found, most=leads)
    _limits(console, found)
    if to is not None:
        _write(to, found)
        console.print(f"{len(found.sides)} leads in {to}")


def _rules(directory: Path, naming: "Naming") -> "Rules":
    texts = texts_of(directory)
    try:
        return loaded(texts, naming=naming)
    except BadRules as error:
        raise BadRules(f"{directory}: {error}") from error


def _figures(console: Console, found: "Comparison") -> None:
    right = {"justify": "right", "no_wrap": True}
    title = f"Rules {found.before} (A) against {found.after} (B)"
    table = Table("", Column("A", **right), Column("B", **right), title=title, title_justify="left")  # type: ignore[arg-type]  # rich's justify
    a, b = found.above
    table.add_row(f"leads above the threshold, of {found.leads:,}", f"{a:,}", f"{b:,}")
    table.add_row(f"crossings by score a week, mean of {found.days} days", *found.a_week)
    table.add_row("leads whose score differs", "", f"{found.scores_differ:,}")
    table.add_row("come above, fall below", "", f"+{found.gains:,} / -{found.falls:,}")
    alerts = f"+{found.alerts_gained:,} / -{found.alerts_lost:,}"
    table.add_row(f"alerts gained, lost, of {found.candidates:,} accounts", "", alerts)
    for name, (was, now) in (("MQLs that reached a meeting", found.mql), ("alerts that led to a contact",
                             found.precision), ("reopened deals that were told of", found.recall)):  # fmt: skip
        table.add_row(f"{name}{_span(was)}", _share(was), _share(now))
    console.print(table)
    for one in found.stages:
        console.print(f"{one.leads:,} leads: {one.was} -> {one.is_now} by the rules alone")


def _sides(console: Console, found: "Comparison", *, most: int) -> None:
    if not found.sides or not most:
        return
    table = Table("lead", "stage", Column("A", justify="right"), Column("B", justify="right"), "side",
                  Column("lines that differ", overflow="fold"), title="Who changes side",
                  title_justify="left")  # fmt: skip
    for one in found.sides[:most]:
        side = "below -> above" if one.is_above else "above -> below"
        lines = _lines(one.lines, each=10) or SAME_LINES
        table.add_row(one.lead_id, one.stage, f"{one.was / 10:.1f}", f"{one.is_now / 10:.1f}", side, Text(lines))
    console.print(table)


def _accounts(console: Console, found: "Comparison", *, most: int) -> None:
    if not found.accounts or not most:
        return
    table = Table("account", Column("R by A", justify="right"), Column("R by B", justify="right"), "level",
                  Column("lines that differ", overflow="fold"), title="Alerts that would differ",
                  title_justify="left")  # fmt: skip
    for one in found.accounts[:most]:
        level = f"{one.was_level or 'none'} -> {one.is_level or 'none'}"
        table.add_row(Text(one.account_id), str(one.was), str(one.is_now), level,
                      Text(_lines(one.lines, each=1) or SAME_LINES))  # fmt: skip
    console.print(table)


def _limits(console: Console, found: "Comparison") -> None:
    said = [
        "B's outcomes are those of what A brought up and B would have too; whom B would bring up besides has none yet.",
        "Past scores are made of the hits that are kept today: rather told too low than too high.",
        *map(str, found.unknown),
    ]
    if found.untold:
        said.append(f"{found.untold:,} MQLs with an outcome are left out: too much of their past was let go.")
    if found.unreadable:
        said.append(f"{found.unreadable:,} rows could not be read and are left out.")
    for one in said:
        console.print(Text(f"! {one}", style="yellow"), soft_wrap=True)


def _lines(lines: "tuple[LineByTwo, ...]", *, each: int) -> str:
    return ", ".join(f"{one.label} {one.was / each:g} -> {one.is_now / each:g}" for one in lines)


def _share(found: "Share") -> str:
    if not found.of:
        return "-"
    counts = f"{found.hits}/{found.of}"
    return f"{counts}, too few" if found.value is None else f"{found.value:.0%} ({counts})"


def _span(found: "Share") -> str:
    if not found.of:
        return ""
    first, last = (time.strftime("%Y-%m-%d", time.gmtime(at / 1_000)) for at in (found.first_at, found.last_at))
    return f", {first} to {last}"


def _write(path: Path, found: "Comparison") -> None:
    try:
        with path.open("w", encoding=BOM, newline="") as file:
            lines = csv.writer(file)
            lines.writerow(("lead_id", "stage", "score_a", "score_b", "above_a", "above_b", "lines_that_differ"))
            for one in found.sides:
                lines.writerow((one.lead_id, one.stage, one.was / 10, one.is_now / 10, one.was_above, one.is_above,
                                _lines(one.lines, each=10)))  # fmt: skip
    except OSError as error:
        raise BadReplay(f"cannot write {path}: {error.strerror}") from error
