"""`leadstream keys`: make, list, revoke and rotate the keys of sources."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from deploy.errors import BadKeys

if TYPE_CHECKING:
    from producers.collector.door.key_file import KeyEntry

__all__ = ["app", "milliseconds_of"]

app = typer.Typer(
    help="Keys: who may send, and as which source. A [b]public[/b] key stands in pages and only claims; a "
         "[b]server[/b] key is a secret and proves. Collectors see every change within two seconds.",
    no_args_is_help=True,
)  # fmt: skip
File: TypeAlias = Annotated[
    Path,
    typer.Option("--file", envvar="LEADSTREAM_COLLECTOR__KEYS", help="The key file that the collectors read."),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for scripts.")]
Named: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="Its id, or the key itself.")]
_UNITS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_COLOURS: Final = {"live": "green", "ending": "yellow", "ended": "dim", "revoked": "red"}
_SOURCE: Final = re.compile(r"[\w.-]{1,64}", re.ASCII)


@app.command()
def create(
    source: Annotated[str, typer.Argument(help="The source that it stands for, such as site or crm.")],
    *,
    file: File,
    kind: Annotated[
        Literal["public", "server"],
        typer.Option(help="[b]public[/b] for pages and apps, [b]server[/b] for your own servers and imports."),
    ] = "public",
    expires: Annotated[str | None, typer.Option(help="Ends by itself after 30m, 12h, 90d (default: never).")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it, this once: the file keeps only its hash.

    The file is made where it is missing. leadstream keys create site --file /etc/leadstream/keys.json
    """
    from deploy.cli.access.key_book import opened

    if not _SOURCE.fullmatch(source):
        raise BadKeys(f"{source!r} is no name of a source: letters, digits, dot, dash and underscore, 64 at most")
    lasts = None if expires is None else milliseconds_of(expires)
    with opened(file, new=True) as book:
        entry, key = book.create(kind, source, lasts_ms=lasts)
    _tell_new(entry, key, as_json=as_json)


@app.command("list")
def list_(*, file: File, as_json: AsJson = False) -> None:
    """List all keys with what may be shown of them; revoked ones stay, so that nobody wonders."""
    from producers.collector.door.key_file import read_key_file, state_of
    from producers.errors import BadSettings
    from running.wall_clock import utc_ms

    try:
        keys = read_key_file(file).keys
    except BadSettings as error:
        raise BadKeys(str(error)) from error
    told = [_told(one, state=state_of(one, now_ms=utc_ms())) for one in keys]
    if as_json:
        _print_json({"keys": told})
        return
    table = Table(Column("id", no_wrap=True), "source", "kind", Column("key", no_wrap=True), "made", "state", "until")
    for one in told:
        state = Text(one["state"], style=_COLOURS[one["state"]])
        made, until = one["created_at"][:10], one["until"] or ""
        table.add_row(one["id"], one["source"], one["kind"], one["hint"], made, state, until)
    Console(highlight=False).print(table)


@app.command()
def revoke(named: Named, *, file: File, as_json: AsJson = False) -> None:
    """End a key at once: within two seconds every collector answers 401 to it."""
    from deploy.cli.access.key_book import opened

    with opened(file) as book:
        entry = book.revoke(named)
    if as_json:
        _print_json(_told(entry, state="revoked"))
        return
    Console(highlight=False).print(Text.assemble(("✓ ", "green"), f"{entry.id} ({entry.hint}, {entry.source}) ended"))


@app.command()
def rotate(
    named: Named,
    *,
    file: File,
    overlap: Annotated[str, typer.Option(help="How long the old key still counts: 0, 30m, 12h, 7d.")] = "7d",
    as_json: AsJson = False,
) -> None:
    """Make a new key for the same source now, and let the old one end after an overlap.

    Put the new key into pages and servers meanwhile. A leaked key is rotated with --overlap 0.
    """
    from deploy.cli.access.key_book import opened

    overlap_ms = milliseconds_of(overlap)
    with opened(file) as book:
        old, new, key = book.rotate(named, overlap_ms=overlap_ms)
    _tell_new(new, key, as_json=as_json, replaced=old)


def milliseconds_of(text: str) -> int:
    """Raises BadKeys.

    >>> milliseconds_of("7d"), milliseconds_of("90m"), milliseconds_of("0")
    (604800000, 5400000, 0)
    """
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if text == "0":
        return 0
    if found is None:
        raise BadKeys(f"{text!r} is no length of time: write 0, 30m, 12h or 7d")
    return int(found[1]) * _UNITS[found[2]]


def _tell_new(entry: "KeyEntry", key: str, *, as_json: bool, replaced: "KeyEntry | None" = None) -> None:
    from producers.collector.door.key_file import state_of

    if as_json:
        told = _told(entry, state=state_of(entry, now_ms=entry.created_at)) | {"key": key}
        if replaced is not None:
            told["replaced"] = _told(replaced, state=state_of(replaced, now_ms=entry.created_at))
        _print_json(told)
        return
    console = Console(highlight=False)
    console.print(Text(key, style="bold"), soft_wrap=True)
    console.print(Text(f"{entry.id}: {entry.kind} key of {entry.source}. It is shown this once: keep it now.", "dim"))
    if replaced is not None:
        console.print(Text(f"{replaced.id} ({replaced.hint}) counts until {_at(replaced.expires_at)}.", "dim"))


def _told(entry: "KeyEntry", *, state: str) -> dict[str, Any]:
    """What may be said of a key: not its hash."""
    return {
        "id": entry.id, "source": entry.source, "kind": entry.kind, "hint": entry.hint, "state": state,
        "created_at": _at(entry.created_at), "until": _at(entry.revoked_at or entry.expires_at),
    }  # fmt: skip


def _at(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1_000, tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _print_json(document: dict[str, Any]) -> None:
    from msgspec.json import encode

    typer.echo(encode(document).decode())
