"""`leadstream import`: leads, accounts and deals from a CSV file, through the collector."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.cli.home import AT_HOME, Home
from deploy.errors import BadDeploySettings, DeployError
from deploy.settings import import_settings, up_in

if TYPE_CHECKING:
    from producers.importers.plan import Plan
    from producers.importers.post import Door
    from producers.importers.progress import Progress
    from producers.importers.rejects import RejectsFile

__all__ = ["SOME_REJECTED", "app"]

SOME_REJECTED: Final = 3
SHOWN_ROWS: Final = 5
SHOWN_REJECTED: Final = 20
PREFIX: Final = "LEADSTREAM_IMPORT__"

app = typer.Typer(
    help="Leads, accounts and deals from CSV files. Exit code 0: all taken; 3: some rows rejected, see "
         "FILE.rejected.csv; 1: stopped, run it again to go on.",
    no_args_is_help=True,
)  # fmt: skip
File: TypeAlias = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="CSV: comma, semicolon or tab; UTF-8, UTF-16 or CP949.")
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Show what the columns mean and what the first rows become. Sends nothing.")
]
Crm: TypeAlias = Annotated[Literal["generic", "hubspot", "pipedrive", "salesforce"],
                           typer.Option(help="Whose ids the file holds, so that it meets that CRM's webhooks.")]
Means: TypeAlias = Annotated[list[str], typer.Option("--map", metavar="COLUMN=FIELD", help="What a column means; "
                                                     "--dry-run shows the fields. May be repeated.")]  # fmt: skip
Encoding: TypeAlias = Annotated[
    str | None, typer.Option(help="utf-8, utf-16-le, utf-16-be, cp949 or another; found out unless given.")
]
Dates: TypeAlias = Annotated[Literal["", "dmy", "mdy"], typer.Option(help="Of 05/10/2026: day or month first.")]

Patience: TypeAlias = Annotated[
    int, typer.Option(min=0, help="Seconds to try again while the collector is away.")
]


@app.command()
def leads(
    file: File, *, dry_run: DryRun = False, crm: Crm = "generic", means: Means = [], encoding: Encoding = None,  # noqa: B006
    dates: Dates = "", patience: Patience = 60, home: Home = AT_HOME,
) -> None:  # fmt: skip
    """People with their e-mail, name, company, title, consent. They become known leads; no alert comes of it."""
    _run(file, "leads", crm=crm, means=means, encoding=encoding, dates=dates, patience=patience, home=home,
         dry_run=dry_run)  # fmt: skip


@app.command()
def accounts(
    file: File, *, dry_run: DryRun = False, crm: Crm = "generic", means: Means = [], encoding: Encoding = None,  # noqa: B006
    dates: Dates = "", patience: Patience = 60, home: Home = AT_HOME,
) -> None:  # fmt: skip
    """Companies with their id, domain, size, owner. Deals that name a company by its id find its domain so."""
    _run(file, "accounts", crm=crm, means=means, encoding=encoding, dates=dates, patience=patience, home=home,
         dry_run=dry_run)  # fmt: skip


@app.command()
def deals(
    file: File, *, dry_run: DryRun = False, crm: Crm = "generic", means: Means = [], encoding: Encoding = None,  # noqa: B006
    dates: Dates = "", patience: Patience = 60, home: Home = AT_HOME,
) -> None:  # fmt: skip
    """Open, won and lost deals with company, people, owner, reason. They keep their own past time."""
    _run(file, "deals", crm=crm, means=means, encoding=encoding, dates=dates, patience=patience, home=home,
         dry_run=dry_run)  # fmt: skip


def _run(
    file: Path, kind: Literal["leads", "accounts", "deals"], *, crm: str, means: list[str], encoding: str | None,
    dates: Literal["", "dmy", "mdy"], patience: int, home: Path, dry_run: bool,
) -> None:  # fmt: skip
    import httpx

    from producers.errors import ProducerError
    from producers.importers.plan import planned
    from producers.importers.post import Door
    from producers.importers.progress import Progress, digest_of, progress_path
    from producers.importers.reading import Reading
    from schemas.ids import Naming

    console = Console(highlight=False)
    url, key = _collector(home, needed=not dry_run)
    columns = dict(_pair(one) for one in means)
    try:
        content = file.read_bytes()
        as_of = file.stat().st_mtime_ns // 1_000_000
        naming = Naming((os.environ.get("LEADSTREAM_SECRET") or key or "a dry run keeps nothing").encode())
        reading = Reading(crm=crm, as_of=as_of, naming=naming)
        plan = planned(content, kind, reading, encoding=encoding, columns=columns, order=dates)
        said = (kind, crm, str(as_of), str(sorted(columns.items())), dates)
        if dry_run:
            rejected = _show(console, file, plan)
        else:
            progress = Progress(progress_path(file), digest_of(content, *said))
            with httpx.Client(timeout=30, trust_env=False) as http:
                door = Door(http, url=url, key=key, crm=crm, patience_s=patience,
                            waits=lambda why: console.print(f"waits: {why}", style="yellow", markup=False))  # fmt: skip
                rejected = _send(console, file, plan, door=door, progress=progress)
    except ProducerError as error:
        raise DeployError(f"{file}: {error}") from error
    except OSError as error:
        raise DeployError(f"{error.filename or file}: {error.strerror}") from error
    raise typer.Exit(SOME_REJECTED if rejected else 0)


def _send(console: Console, file: Path, plan: "Plan", *, door: "Door", progress: "Progress") -> bool:
    """Whether rows were rejected, in this run or before it was interrupted."""
    from producers.errors import ImportStopped
    from producers.importers.rejects import RejectsFile, rejects_path

    rejects = RejectsFile(rejects_path(file), plan)
    if progress.done:
        console.print(f"goes on behind row {progress.done:,} of {len(plan.rows):,}")
    else:
        rejects.begin()
    try:
        _post(console, plan, door, progress=progress, rejects=rejects)
    except (ImportStopped, KeyboardInterrupt) as error:
        why = error if isinstance(error, ImportStopped) else "interrupted"
        raise DeployError(f"stopped: {why}. {_so_far(plan, progress)}. Run it again to go on behind them") from error
    progress.finished()
    there = rejects_path(file)
    console.print(_so_far(plan, progress))
    if progress.rejected:
        console.print(f"[yellow]{progress.rejected:,} rejected[/]: {there}")
    return there.exists()


def _so_far(plan: "Plan", progress: "Progress") -> str:
    return f"{progress.done - progress.rejected:,} of {len(plan.rows):,} {plan.kind} are safe"


def _post(console: Console, plan: "Plan", door: "Door", *, progress: "Progress", rejects: "RejectsFile") -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from producers.importers.post import batches

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(plan.kind, total=len(plan.rows), completed=progress.done)
        for batch in batches(plan, after=progress.done):
            refused = door.post(batch.rows, plan.destination)
            rejected = sorted([*batch.rejected, *refused], key=lambda one: one.line)
            rejects.add(rejected)
            progress.reached(progress.done + batch.size, rejected=progress.rejected + len(rejected))
            bar.update(task, completed=progress.done)


def _show(console: Console, file: Path, plan: "Plan") -> bool:
    """The mapping, the first rows, and what would be rejected; whether there is any."""
    from producers.importers.plan import Row

    separator = {",": "comma", ";": "semicolon", "\t": "tab"}.get(plan.file.separator, plan.file.separator)
    first = next((row for row in plan.rows if isinstance(row, Row)), None)
    table = Table("column", "means", "first row", title=f"{file.name}: {plan.file.encoding}, {separator}")
    for number, (column, field) in enumerate(zip(plan.columns.header, plan.columns.fields, strict=True)):
        shown = Text(field) if field else Text("not used", style="dim")
        table.add_row(Text(column), shown, Text(first.cells[number] if first else ""))
    console.print(table)
    for row in [one for one in plan.rows if isinstance(one, Row)][:SHOWN_ROWS]:
        for message in row.messages:
            said = json.dumps(json.loads(message), ensure_ascii=False)
            console.print(Text(f"line {row.line}: {said}"), soft_wrap=True)
    rejected = plan.rejected
    for one in rejected[:SHOWN_REJECTED]:
        console.print(Text(f"rejected, line {one.line}: {one.why}", style="yellow"), soft_wrap=True)
    if len(rejected) > SHOWN_REJECTED:
        console.print(Text(f"... and {len(rejected) - SHOWN_REJECTED:,} more", style="yellow"))
    console.print(f"{len(plan.rows) - len(rejected):,} {plan.kind} would be sent, {len(rejected):,} rejected")
    return bool(rejected)


def _collector(home: Path, *, needed: bool) -> tuple[str, str]:
    """(address, server key): the environment's, else those of a running `leadstream up`. Raises BadDeploySettings."""
    settings = import_settings()
    url, key = settings.collector_url, settings.server_key
    if not (url and key) and (up := up_in(home)):
        url, key = url or up["collector_url"], key or up["server_key"]
    if needed and not (url and key):
        raise BadDeploySettings(f"set {PREFIX}COLLECTOR_URL and {PREFIX}SERVER_KEY, or run leadstream up")
    return url, key


def _pair(said: str) -> tuple[str, str]:
    column, sign, field = said.rpartition("=")
    if not sign or not column or not field:
        raise BadDeploySettings(f'--map "{said}": write --map "Column=field"')
    return column, field.strip()
