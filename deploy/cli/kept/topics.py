"""`leadstream topics`: make them, show them."""

from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from deploy.cli.home import AT_HOME, Home
from deploy.settings import DeploySettings, from_environment

if TYPE_CHECKING:
    from deploy.local.topics import Wanted

__all__ = ["app"]

app = typer.Typer(help="The Kafka topics: what each holds, how long, and whether the broker agrees.",
                  no_args_is_help=True)  # fmt: skip
_COLOURS: Final = {"made": "green", "changed": "yellow", "there": "dim"}


@app.command()
def apply(*, home: Home = AT_HOME) -> None:
    """Make what is missing and set what differs; partition counts are never changed in place.

    Reads LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS, LEADSTREAM_KAFKA__PARTITIONS, LEADSTREAM_KAFKA__TOPIC_PREFIX and
    LEADSTREAM_WORKER__APP_ID. Running it again changes nothing.
    """
    from deploy.local import topics

    settings = from_environment(home)
    outcomes = topics.apply(settings.kafka, _wanted(settings))
    table = Table("topic", "partitions", "kept", "", title=f"Kafka at {settings.kafka.bootstrap_servers}")
    for one in outcomes:
        shown = Text(one.outcome, style=_COLOURS[one.outcome])
        table.add_row(one.name, str(one.partitions), _kept(one.config), shown)
    Console(highlight=False).print(table)


@app.command()
def show(*, home: Home = AT_HOME) -> None:
    """Show what each topic is for and what the broker has. Changes nothing."""
    from deploy.local import topics
    from schemas.topics import TOPICS

    settings = from_environment(home)
    rows = {one.full(settings.kafka.topic_prefix, epoch=settings.kafka.epoch): one for one in TOPICS}
    table = Table(Column("topic", no_wrap=True), "partitions", "kept", "holds")
    for one, partitions, told in topics.shown(settings.kafka, _wanted(settings)):
        row = rows.get(one.name)
        holds = f"{row.holds}, by {row.key}; from {', '.join(row.writers)}" if row else "a table's rows"
        differs = sorted(key for key, value in one.config.items() if told and told.get(key) != value)
        kept = _kept(one.config) + (f"\nbroker differs: {', '.join(differs)}" if differs else "")
        table.add_row(one.name, _partitions(partitions, one.partitions), Text(kept), holds)
    Console(highlight=False).print(table)


@app.command()
def rights(
    *,
    user: Annotated[str, typer.Option(help="A user of Kafka; {} becomes collector, worker, console and operator.")] = (
        "User:leadstream-{}"
    ),
    home: Home = AT_HOME,
) -> None:
    """Print the least that each process must be allowed, as commands of Kafka's kafka-acls.sh. Changes nothing.

    The operator is whoever runs [b]leadstream[/b] with these settings. One user for all: --user User:leadstream
    """
    from deploy.upkeep.installation import Installation
    from deploy.upkeep.rights import PROCESSES, lines

    settings = from_environment(home)
    principals = {process: user.replace("{}", process) for process in PROCESSES}
    for line in lines(Installation.of(settings), servers=str(settings.kafka), principals=principals):
        typer.echo(line)


def _wanted(settings: DeploySettings) -> "list[Wanted]":
    from deploy.local import topics

    kafka = settings.kafka
    return topics.wanted(kafka.partitions, prefix=kafka.topic_prefix, app_id=settings.worker.app_id,
                         epoch=kafka.epoch)  # fmt: skip


def _kept(config: object) -> str:
    from schemas.topics import DAY_MS

    settings = dict(config) if isinstance(config, dict) else {}
    if settings.get("cleanup.policy") == "compact":
        return "newest per key"
    return f"{int(settings['retention.ms']) // DAY_MS} days"


def _partitions(there: int, asked: int) -> Text:
    if there == asked:
        return Text(str(there), style="green")
    return Text("missing" if there == 0 else f"{there}, not {asked}", style="bold red")
