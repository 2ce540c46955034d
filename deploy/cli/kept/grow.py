"""`leadstream grow`: more partitions for an installation that lives, without losing an event or an order."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.copying import bars
from deploy.cli.home import AT_HOME, Home
from deploy.settings import from_environment

__all__ = ["app"]

app = typer.Typer(
    help="More partitions, in four steps. Events wait in Kafka meanwhile; none is lost and none counts twice.\n\n"
    "1. [b]leadstream grow prepare --partitions 12[/b] makes the topics of the next epoch.\n\n"
    "2. Restart collectors and console with the two settings that it prints. Workers go on with the old ones until "
    "nothing waits there; then stop them.\n\n"
    "3. [b]leadstream grow move[/b], with the old settings still, copies rows, cards and moves, and compares them.\n\n"
    "4. Start the workers with the two settings. Later, [b]leadstream grow retire[/b] deletes the old topics.",
    no_args_is_help=True,
)


@app.command()
def prepare(
    *,
    partitions: Annotated[int, typer.Option(min=1, max=1024, help="Of each topic; twice the most workers you run.")],
    home: Home = AT_HOME,
) -> None:
    """Make the topics of the next epoch. Run it with the settings of now; nothing else changes."""
    from deploy.upkeep.growing import prepare as prepared
    from deploy.upkeep.installation import Installation

    settings = from_environment(home)
    new = prepared(settings.kafka, Installation.of(settings), partitions=partitions)
    console = Console(highlight=False)
    console.print(f"The topics of epoch {new.epoch} are there. Restart collectors and console, not the workers, with")
    console.print(f"  LEADSTREAM_KAFKA__EPOCH={new.epoch}\n  LEADSTREAM_KAFKA__PARTITIONS={new.partitions}")
    console.print("When nothing waits in the old topics any more, stop the workers and run: leadstream grow move")


@app.command()
def move(*, home: Home = AT_HOME) -> None:
    """Copy rows, cards and moves into the next epoch, and compare both sides. Run it with the settings that you leave.

    It refuses while workers run or events wait. If it stops half-way, run it again.
    """
    from deploy.upkeep.broker import Broker
    from deploy.upkeep.growing import grown
    from deploy.upkeep.growing import move as moved
    from deploy.upkeep.installation import Installation

    settings = from_environment(home)
    console = Console(highlight=False)
    old = Installation.of(settings)
    with Broker.connected(settings.kafka) as broker, bars(console) as told:
        new = grown(broker, old)
        outcome = moved(broker, old, new, told=told)
    table = Table("", "keys", "digest of both sides", title=f"epoch {old.epoch} → {new.epoch}")
    for one in outcome:
        table.add_row(one.name, f"{one.keys:,}", one.digest[:16])
    console.print(table)
    console.print(f"Start the workers with LEADSTREAM_KAFKA__EPOCH={new.epoch} and "
                  f"LEADSTREAM_KAFKA__PARTITIONS={new.partitions}.")  # fmt: skip


@app.command()
def retire(
    *,
    epoch: Annotated[int, typer.Option(min=0, help="The epoch whose topics are deleted, for good.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = AT_HOME,
) -> None:
    """Delete the topics of an epoch that is over, or of one that was prepared by mistake and that nobody uses yet.

    Run it with the settings of now, once you need no way back.
    """
    from msgspec.structs import replace

    from deploy.upkeep.broker import Broker
    from deploy.upkeep.growing import retire as retired
    from deploy.upkeep.installation import Installation

    settings = from_environment(home)
    if not yes:
        typer.confirm(f"Delete all topics of epoch {epoch}? There is no way back", abort=True)
    now = Installation.of(settings)
    with Broker.connected(settings.kafka) as broker:
        gone = retired(broker, replace(now, epoch=epoch), current=now.epoch)
    Console(highlight=False).print(f"{len(gone)} topics of epoch {epoch} deleted")
