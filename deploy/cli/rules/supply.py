"""`leadstream supply`: a threshold that gives sales as many leads as it can talk to. It proposes, a person approves."""

import csv
import json
from difflib import unified_diff
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from deploy.cli.copying import bars
from deploy.cli.home import AT_HOME, Home
from deploy.cli.kept.rows import kept_rows
from deploy.cli.rules.command import loaded, texts_of
from deploy.errors import BadSupply
from deploy.settings import secret_of
from running.wall_clock import utc_ms

__all__ = ["FILE", "app", "counted_in", "write_threshold"]

app = typer.Typer(
    help="How many leads sales can take, and which threshold gives as many.\n\n"
    "[b]leadstream supply count[/b] counts, [b]leadstream supply propose[/b] does the arithmetic; "
    "[b]leadstream supply approve[/b] writes the threshold that you chose into your stages.toml.",
    no_args_is_help=True,
)
FILE: Final = "stages.toml"
LEAST, MOST = 1.0, 150.0  # fit and engagement give 150 at most
_ADDED: Final = {"+": "green", "-": "red"}


@app.command()
def count(
    *,
    directory: Annotated[
        Path | None,
        typer.Option("--dir", envvar="LEADSTREAM_RULES_DIR", help="Your directory of rules."),
    ] = None,
    home: Home = AT_HOME,
) -> None:
    """Count from the rows how many leads crossed each threshold in 28 days: the JSON that [b]propose[/b] reads.

    leadstream supply count > crossings.json. How many fast passes there were is told beside it.
    """
    from schemas.ids import Naming
    from streams.replay.backtest import crossings_in

    rules = loaded(texts_of(directory), naming=Naming(secret_of(home).encode()))
    beside = Console(stderr=True)
    with kept_rows(home) as rows, bars(beside) as told:
        found = crossings_in(rows, rules, now=utc_ms(), told=told)
    typer.echo(json.dumps({f"{theta:g}": count for theta, count in found.counted.items()}))
    beside.print(f"{found.leads:,} leads, {found.days} days: --fast-passes {found.fast_passes * 7 / found.days:.2f}")


@app.command()
def propose(
    crossings: Annotated[
        Path,
        typer.Argument(
            help='How many leads would have crossed each threshold: JSON {"100": 244, "110": 176}, or CSV '
            "with the columns threshold,crossings."
        ),
    ],
    *,
    sdrs: Annotated[int, typer.Option(min=1, help="People who call.")],
    attempts: Annotated[float, typer.Option(min=0.1, help="Attempts that each MQL takes, on average.")],
    fast_passes: Annotated[float, typer.Option(min=0, help="Leads a week that ask by themselves.")] = 0,
    days: Annotated[int, typer.Option(min=1, help="The days that the crossings were counted over.")] = 28,
    directory: Annotated[
        Path | None,
        typer.Option("--dir", envvar="LEADSTREAM_RULES_DIR", help="Your directory of rules: the threshold of now."),
    ] = None,
) -> None:
    """Propose this week's threshold, with its arithmetic. Changes nothing.

    Slots are 80 half-hours a week of each SDR, of which 90% are used; the threshold moves by at most 10 points a week.
    """
    from streams.core.flow.supply import Desk, in_words, weekly
    from streams.core.flow.supply import propose as proposed

    current = loaded(texts_of(directory)).stages.qualified.total
    found = proposed(weekly(counted_in(crossings), days=days), fast_passes=fast_passes, current=current,
                     desk=Desk(sdrs=sdrs, attempts=attempts))  # fmt: skip
    for line in in_words(found):
        typer.echo(line)
    if found.theta != current:
        where = "DIR" if directory is None else directory
        typer.echo(f"To approve it: leadstream supply approve {found.theta:g} --dir {where}")


@app.command()
def approve(
    threshold: Annotated[float, typer.Argument(min=LEAST, max=MOST, help="Points from which on a score qualifies.")],
    *,
    directory: Annotated[
        Path,
        typer.Option(
            "--dir",
            envvar="LEADSTREAM_RULES_DIR",
            file_okay=False,
            help="Your directory of rules; its stages.toml is changed, or made from the packaged one.",
        ),
    ],
    force: Annotated[bool, typer.Option("--force", help="Also by more than 10 points.")] = False,
) -> None:
    """Write a threshold into your stages.toml and print what changed. Workers take it when they start again.

    Nothing fires then: who is above it by that alone goes to the review list, and the next hit of each crosses.
    """
    from streams.core.flow.supply import MOST_A_WEEK

    texts = texts_of(directory)
    current = loaded(texts).stages.qualified.total
    if abs(threshold - current) > MOST_A_WEEK and not force:
        raise BadSupply(f"{threshold:g} is more than {MOST_A_WEEK:g} points from the {current:g} of now; go there week "
                        "by week, or say --force")  # fmt: skip
    after = write_threshold(directory, texts, threshold)
    changed = after[FILE] != texts[FILE]
    said = f"Rules are {loaded(after).version} now." if changed else "Nothing changed."
    Console(highlight=False).print(Text(said, style="bold"))


def write_threshold(directory: Path, texts: dict[str, str], threshold: float) -> dict[str, str]:
    """Write a threshold into the directory's stages.toml and print what changed; the texts after. Raises BadSupply.

    Raises BadRules, and writes nothing, where no worker would take them.
    """
    from streams.core.rulebook.threshold_text import with_threshold

    before, after = texts[FILE], with_threshold(texts[FILE], threshold)
    loaded(texts | {FILE: after})
    _write(directory / FILE, after)
    console = Console(highlight=False)
    for line in unified_diff(before.splitlines(), after.splitlines(), FILE, str(directory / FILE), n=1, lineterm=""):
        console.print(Text(line, style=_ADDED.get(line[:1], "")), soft_wrap=True)
    return texts | {FILE: after}


def counted_in(path: Path) -> dict[float, int]:
    """Threshold -> crossings, from JSON or CSV. Raises BadSupply."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = _rows(text, is_json=text.lstrip().startswith("{"))
        found = {float(threshold): int(count) for threshold, count in rows}
    except OSError as error:
        raise BadSupply(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadSupply(f'{path}: not what was asked for ({error}); write JSON such as {{"100": 244}}, or CSV with the '
                        "columns threshold,crossings") from error  # fmt: skip
    if not found or min(found.values()) < 0:
        raise BadSupply(f"{path}: holds no counts" if not found else f"{path}: a count is below 0")
    return found


def _rows(text: str, *, is_json: bool) -> list[tuple[Any, Any]]:
    if is_json:
        return list(json.loads(text).items())
    return [(row["threshold"], row["crossings"]) for row in csv.DictReader(text.splitlines())]


def _write(path: Path, text: str) -> None:
    """At once or not at all."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise BadSupply(f"cannot write {path}: {error.strerror}") from error
