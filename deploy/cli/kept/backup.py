"""`leadstream backup`: what cannot be derived again, out of Kafka and back into it."""

from importlib.metadata import version as version_of
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.copying import bars
from deploy.cli.home import AT_HOME, Home
from deploy.errors import BadBackup
from deploy.settings import from_environment, secret_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["app"]

SECRETS: Final = (
    "SECRET", "IDENTITY_SECRET", "IDENTITY_SECRET_FORMER", "WRITE_KEYS", "SERVER_KEYS", "WEBHOOK__SECRET",
    "WEBHOOK__SECRET_FORMER", "SLACK__TOKEN", "SLACK__WEBHOOK_URL", "SLACK__SIGNING_SECRET", "TEAMS__URL",
    "APPRISE__ADDRESSES", "MAIL__PASSWORD", "MAIL__KEYS", "MAIL__POSTMARK_SECRET", "CRM__GENERIC_SECRET",
    "CRM__GENERIC_HMAC_SECRET", "CRM__HUBSPOT_SECRET", "CRM__PIPEDRIVE_SECRET", "CRM__SALESFORCE_SECRET",
    "CONSOLE__PASSWORD", "CONSOLE__LINK_SECRET", "CONSOLE__OPENID_CLIENT_SECRET",
)  # fmt: skip
Place: TypeAlias = Annotated[Path, typer.Argument(file_okay=False, help="The backup's directory.")]

app = typer.Typer(
    help="Rows, moves, consent and cards, and what was not worked off yet. Taken while everything runs.\n\n"
    "With them the files that lie beside Kafka: the book of rules, and those of users and keys (hashes, no password or "
    "key). Events older than that are not in it: rows hold what became of them. Secrets are not in it either: keep "
    "them with [b]leadstream backup keys[/b].",
    no_args_is_help=True,
)


@app.command()
def create(place: Place, *, home: Home = AT_HOME) -> None:
    """Write a backup into a new directory. Nothing needs to stop. Needs LEADSTREAM_SECRET, to know it again.

    The files beside Kafka are those that LEADSTREAM_CONSOLE__RULES_BOOK, LEADSTREAM_CONSOLE__USERS,
    LEADSTREAM_COLLECTOR__KEYS and LEADSTREAM_CONSOLE__API_KEYS name here: say this where they lie.
    """
    from deploy.upkeep.backup import take
    from deploy.upkeep.broker import Broker
    from deploy.upkeep.copies import places, read_files
    from deploy.upkeep.installation import Installation

    settings, where = from_environment(home), places(home)
    console = Console(highlight=False)
    beside = read_files(where)
    with Broker.connected(settings.kafka) as broker, bars(console) as told:
        manifest = take(broker, Installation.of(settings), place, secret=secret_of(home),
                        release=version_of("leadstream"), told=told, beside=beside)  # fmt: skip
    _shown(console, f"backup of epoch {manifest.epoch}", {one.name: one.records for one in manifest.files})
    _copied(console, where, beside)
    console.print(f"It is whole: {place}. Keep the secrets elsewhere: leadstream backup keys FILE")


@app.command()
def verify(place: Place) -> None:
    """Read every record of a backup and compare it with its manifest. Changes nothing; needs no Kafka."""
    from deploy.upkeep.copies import read_copies
    from deploy.upkeep.manifest import read_manifest
    from deploy.upkeep.restore import check

    manifest = read_manifest(place)
    console = Console(highlight=False)
    with bars(console) as told:
        found = check(place, manifest, told=told)
    _shown(console, f"backup of epoch {manifest.epoch}, release {manifest.release}", found)
    for name, content in read_copies(place, manifest.copies).items():
        console.print(f"{name}: {len(content):,} bytes")


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
    """Bring a backup back. Workers must not run. If it stops half-way, run it again.

    Files beside Kafka are brought back where they are missing. One that is there is left as it is, and said; see
    [b]leadstream backup files[/b]. With --in-place they are not looked at.
    """
    from deploy.upkeep.broker import Broker
    from deploy.upkeep.installation import Installation
    from deploy.upkeep.manifest import read_manifest
    from deploy.upkeep.restore import into_new_epoch, under_rows

    settings = from_environment(home)
    manifest = read_manifest(place)
    console = Console(highlight=False)
    with Broker.connected(settings.kafka) as broker, bars(console) as told:
        found = (under_rows if in_place else into_new_epoch)(
            broker, place, manifest, target=Installation.of(settings), secret=secret_of(home), told=told
        )
    _shown(console, f"restored into epoch {settings.kafka.epoch}", found)
    if not in_place:
        _bring_back(console, place, home=home, replace=False)
    console.print("Start the workers, collectors and the console with the settings of this shell.")


@app.command()
def files(
    place: Place,
    *,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Also where another file is there: that one is kept as NAME.before-restore."),
    ] = False,
    home: Home = AT_HOME,
) -> None:
    """Bring back the files that lie beside Kafka, to where the environment here names them. Needs no Kafka.

    For the machine of a console or a collector. Without --replace only what is missing is written.
    """
    _bring_back(Console(highlight=False), place, home=home, replace=replace)


@app.command()
def keys(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Written for your eyes only (mode 0600); a new file.")],
) -> None:
    """Write the secrets of this environment to a file, as variables. Without LEADSTREAM_SECRET no lead is known again.

    Keep it apart from the backup, in a vault or encrypted.
    """
    from deploy.settings import value_of
    from running.private_files import write_private

    if file.exists():
        raise BadBackup(f"{file} is there already: name a new file")
    found = {f"LEADSTREAM_{name}": value for name in SECRETS if (value := value_of(f"LEADSTREAM_{name}"))}
    if "LEADSTREAM_SECRET" not in found:
        raise BadBackup("LEADSTREAM_SECRET is not set here: nothing was written")
    try:
        write_private(file, "".join(f"{name}={_quoted(value)}\n" for name, value in found.items()).encode())
    except OSError as error:
        raise BadBackup(f"{file}: {error.strerror}") from error
    Console(highlight=False).print(f"{len(found)} secrets written to {file}: {', '.join(found)}")


def _quoted(value: str) -> str:
    """As it is; several lines as a shell reads them."""
    return quote(value) if "\n" in value else value


def _copied(console: Console, where: "Mapping[str, Path]", beside: "Mapping[str, bytes]") -> None:
    """Also what is not in the backup, so that nobody believes it is."""
    from deploy.upkeep.copies import KINDS

    for one in KINDS:
        if one.name in beside:
            console.print(f"{one.name}: {one.what}, {len(beside[one.name]):,} bytes")
        else:
            why = f"{where[one.name]} is not there" if one.name in where else f"{one.setting} is not set here"
            console.print(f"{one.name}: {one.what}: not in it, {why}", style="yellow", soft_wrap=True)


def _bring_back(console: Console, place: Path, *, home: Path, replace: bool) -> None:
    from deploy.upkeep.copies import KINDS, bring_back, places, read_copies
    from deploy.upkeep.manifest import read_manifest

    where = places(home)
    done = bring_back(read_copies(place, read_manifest(place).copies), where, replace=replace)
    if not done:
        console.print("This backup holds no such file.")
    words = {
        "restored": "brought back to {path}",
        "the same": "{path} says the same already",
        "replaced": "brought back to {path}; what was there is beside it, {path}.before-restore",
        "left": "{path} says something else and was left as it is: leadstream backup files {place} --replace",
        "no place": "not brought back, {setting} is not set here: leadstream backup files {place}, where it is",
    }
    for one in KINDS:
        if one.name in done:
            said = words[done[one.name]].format(path=where.get(one.name, ""), place=place, setting=one.setting)
            style = "yellow" if done[one.name] in {"left", "no place"} else ""
            console.print(f"{one.name}: {said}", style=style, soft_wrap=True)


def _shown(console: Console, title: str, counts: "Mapping[str, int]") -> None:
    table = Table("", "records", title=title)
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    console.print(table)
