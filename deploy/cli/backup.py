"""`leadstream backup`: what cannot be derived again, out of Kafka and back into it."""

from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.copying import bars
from deploy.cli.topics import AT_HOME, Home
from deploy.errors import BadBackup
from deploy.settings import from_environment, secret_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["app"]

SECRETS: Final = ("SECRET", "IDENTITY_SECRET", "WRITE_KEYS", "SERVER_KEYS", "WEBHOOK__SECRET",
                  "WEBHOOK__SECRET_FORMER", "SLACK__TOKEN", "SLACK__WEBHOOK_URL", "SLACK__SIGNING_SECRET",
                  "CONSOLE__PASSWORD", "CONSOLE__LINK_SECRET")  # fmt: skip
Place: TypeAlias = Annotated[Path, typer.Argument(file_okay=False, help="The backup's directory.")]

app = typer.Typer(
    help="Rows, moves, consent and cards, and what was not worked off yet. Taken while everything runs.\n\n"
    "Events older than that are not in it: rows hold what became of them. Secrets are not in it either: keep them with "
    "[b]leadstream backup keys[/b].",
    no_args_is_help=True,
)


@app.command()
def create(place: Place, *, home: Home = AT_HOME) -> None:
    """Write a backup into a new directory. Nothing needs to stop. Needs LEADSTREAM_SECRET, to know it again."""
    from deploy.upkeep.backup import take
    from deploy.upkeep.broker import Broker
    from deploy.upkeep.installation import Installation

    settings = from_environment(home)
    console = Console(highlight=False)
    with Broker.connected(settings.kafka.bootstrap_servers) as broker, bars(console) as told:
        manifest = take(broker, Installation.of(settings), place, secret=secret_of(home),
                        release=version_of("leadstream"), told=told)  # fmt: skip
    _shown(console, f"backup of epoch {manifest.epoch}", {one.name: one.records for one in manifest.files})
    console.print(f"It is whole: {place}. Keep the secrets elsewhere: leadstream backup keys FILE")


@app.command()
def verify(place: Place) -> None:
    """Read every record of a backup and compare it with its manifest. Changes nothing; needs no Kafka."""
    from deploy.upkeep.manifest import read_manifest
    from deploy.upkeep.restore import check

    manifest = read_manifest(place)
    console = Console(highlight=False)
    with bars(console) as told:
        found = check(place, manifest, told=told)
    _shown(console, f"backup of epoch {manifest.epoch}, release {manifest.release}", found)


@app.command()
def restore(
    place: Place,
    *,
    in_place: Annotated[
        bool,
        typer.Option("--in-place", help="Only the changelogs are lost: bring the rows back and fold again what Kafka "
                     "still has. Without it: into a new epoch, whose topics are made and empty."),
    ] = False,
    home: Home = AT_HOME,
) -> None:
    """Bring a backup back. Workers must not run. If it stops half-way, run it again."""
    from deploy.upkeep.broker import Broker
    from deploy.upkeep.installation import Installation
    from deploy.upkeep.manifest import read_manifest
    from deploy.upkeep.restore import into_new_epoch, under_rows

    settings = from_environment(home)
    manifest = read_manifest(place)
    console = Console(highlight=False)
    with Broker.connected(settings.kafka.bootstrap_servers) as broker, bars(console) as told:
        found = (under_rows if in_place else into_new_epoch)(
            broker, place, manifest, target=Installation.of(settings), secret=secret_of(home), told=told
        )
    _shown(console, f"restored into epoch {settings.kafka.epoch}", found)
    console.print("Start the workers, collectors and the console with the settings of this shell.")


@app.command()
def keys(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Written for your eyes only (mode 0600); a new file.")],
) -> None:
    """Write the secrets of this environment to a file, as variables. Without LEADSTREAM_SECRET no lead is known again.

    Keep it apart from the backup, in a vault or encrypted.
    """
    from deploy.local.vault import write_private
    from deploy.settings import value_of

    if file.exists():
        raise BadBackup(f"{file} is there already: name a new file")
    found = {f"LEADSTREAM_{name}": value for name in SECRETS if (value := value_of(f"LEADSTREAM_{name}"))}
    if "LEADSTREAM_SECRET" not in found:
        raise BadBackup("LEADSTREAM_SECRET is not set here: nothing was written")
    try:
        write_private(file, "".join(f"{name}={value}\n" for name, value in found.items()).encode())
    except OSError as error:
        raise BadBackup(f"{file}: {error.strerror}") from error
    Console(highlight=False).print(f"{len(found)} secrets written to {file}: {', '.join(found)}")


def _shown(console: Console, title: str, counts: "Mapping[str, int]") -> None:
    table = Table("", "records", title=title)
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    console.print(table)
