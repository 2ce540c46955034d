"""`leadstream api-keys`: make, list and revoke the keys of programs that read leads and act on alerts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from deploy.cli.access.keys import milliseconds_of
from deploy.cli.access.shell_log import AuditFile, shell_log
from deploy.errors import BadKeys
from streams.console_files import AUDIT

if TYPE_CHECKING:
    from schemas.api_keys import ApiKey

__all__ = ["app"]

app = typer.Typer(
    help="API keys: which programs may read leads, accounts and alerts, and act on alerts. They send no events: that "
         "is [b]leadstream keys[/b]. Consoles see every change within a second; each is a line of the audit log.",
    no_args_is_help=True,
)  # fmt: skip
File: TypeAlias = Annotated[
    Path, typer.Option("--file", envvar="LEADSTREAM_CONSOLE__API_KEYS", help="The key file that the console reads.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for scripts.")]
LONGEST_NAME: Final = 60


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What asks, such as crm-sync: it is the actor of what it does.")],
    *,
    scope: Annotated[
        list[str], typer.Option(help="What it may: leads:read, accounts:read, alerts:read, alerts:act. Repeat it.")
    ],
    file: File,
    expires: Annotated[str | None, typer.Option(help="Ends by itself after 30m, 12h, 90d (default: never).")] = None,
    as_json: AsJson = False,
    audit: AuditFile = AUDIT,
) -> None:
    """Make a key and show it, this once: the file keeps only its hash.

    leadstream api-keys create crm-sync --scope leads:read --file /etc/leadstream/api_keys.json
    """
    from deploy.cli.access.api_key_book import opened, scopes_of

    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadKeys(f"{name!r} is no name: 1 to {LONGEST_NAME} printable characters")
    lasts = None if expires is None else milliseconds_of(expires)
    with shell_log(audit) as log, opened(file, new=True) as book:
        entry, key = book.create(name.strip(), scopes_of(scope), lasts_ms=lasts)
        log.note("make API key", entry.id, to=f"{entry.name}: {', '.join(entry.scopes)}")
    if as_json:
        _print_json(_told(entry) | {"key": key})
        return
    console = Console(highlight=False)
    console.print(Text(key, style="bold"), soft_wrap=True)
    console.print(Text(f"{entry.id}: {', '.join(entry.scopes)}. It is shown this once: keep it now.", "dim"))


@app.command("list")
def list_(*, file: File, as_json: AsJson = False) -> None:
    """List all keys with what may be shown of them; revoked ones stay, so that nobody wonders."""
    from deploy.cli.access.api_key_book import read

    told = [_told(one) for one in read(file).keys]
    if as_json:
        _print_json({"keys": told})
        return
    table = Table(Column("id", no_wrap=True), "name", "scopes", Column("key", no_wrap=True), "made", "until")
    for one in told:
        until = f"revoked {one['revoked_at']}" if one["revoked_at"] else one["expires_at"] or ""
        table.add_row(one["id"], one["name"], ", ".join(one["scopes"]), one["hint"], one["created_at"], until)
    Console(highlight=False).print(table)


@app.command()
def revoke(
    named: Annotated[str, typer.Argument(metavar="ID", help="Its id, or the key itself.")],
    *,
    file: File,
    as_json: AsJson = False,
    audit: AuditFile = AUDIT,
) -> None:
    """End a key at once: within a second every console answers 401 to it."""
    from deploy.cli.access.api_key_book import opened

    with shell_log(audit) as log, opened(file) as book:
        entry = book.revoke(named)
        log.note("revoke API key", entry.id, to=entry.name)
    if as_json:
        _print_json(_told(entry))
        return
    Console(highlight=False).print(Text.assemble(("✓ ", "green"), f"{entry.id} ({entry.hint}, {entry.name}) ended"))


def _told(entry: "ApiKey") -> dict[str, Any]:
    """What may be said of a key: not its hash."""
    return {
        "id": entry.id, "name": entry.name, "scopes": list(entry.scopes), "hint": entry.hint,
        "created_at": _at(entry.created_at), "expires_at": _at(entry.expires_at), "revoked_at": _at(entry.revoked_at),
    }  # fmt: skip


def _at(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1_000, tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _print_json(document: dict[str, Any]) -> None:
    from msgspec.json import encode

    typer.echo(encode(document).decode())
