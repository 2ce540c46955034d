"""`leadstream audit`: who looked at whom in the console, and who did what."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from deploy.cli.access.keys import milliseconds_of
from deploy.errors import BadUsers
from running.wall_clock import utc_ms
from streams.console_files import AUDIT

if TYPE_CHECKING:
    from streams.console.access.audit import AuditLine

__all__ = ["app"]

app = typer.Typer(help="The audit log of the console: every look at a person, every act, every sign-in.",
                  no_args_is_help=True)  # fmt: skip


@app.command("list")
def list_(
    *,
    file: Annotated[
        Path, typer.Option("--file", envvar="LEADSTREAM_CONSOLE__AUDIT", help="The log; files it was turned over to "
                           "and that lie beside it are read too, also compressed by gzip.")
    ] = AUDIT,
    user: Annotated[str, typer.Option(help="Only what this user did and saw.")] = "",
    lead: Annotated[str, typer.Option(help="Only lines about this id: of a lead, account, alert or record.")] = "",
    since: Annotated[str, typer.Option(help="Only the last 30m, 12h, 7d; 0 = all.")] = "0",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line, as they lie in the file.")] = False,
) -> None:
    """List who saw whom and did what, oldest first: in the console, in Slack, and at a shell.

    leadstream audit list --lead 5f0c2a9be17d4c3f --since 30d
    """
    from msgspec.json import encode

    length_ms = milliseconds_of(since)
    after = utc_ms() - length_ms if length_ms else 0
    lines = _chosen(file, user=user, lead=lead, after=after)
    if as_json:
        for line in lines:
            typer.echo(encode(line).decode())
        return
    at, of = Column("at", no_wrap=True), Column("id", overflow="fold")
    table = Table(at, "user", "role", "what", of, "to", "shown", "from", "answer")
    for line in lines:
        shown = f"{len(line.leads)} leads" if line.leads else ""
        table.add_row(_at(line.at), Text(line.user), line.role, line.what, Text(line.id), Text(line.to), shown,
                      Text(line.network or line.member), str(line.answer))  # fmt: skip
    Console(highlight=False).print(table)


def _chosen(file: Path, *, user: str, lead: str, after: int) -> Iterator["AuditLine"]:
    """Raises BadUsers where nothing can be read."""
    from streams.console.access.audit import AT_SHELL, entries
    from streams.console.access.user_file import name_key
    from streams.console.alerts.seat import IN_SLACK

    if not file.exists():
        raise BadUsers(f"{file} is not there: --file or LEADSTREAM_CONSOLE__AUDIT names the log of the console")
    try:
        for line in entries(file):
            fits = line.at >= after and (not lead or lead == line.id or lead in line.leads)
            names = (line.user, line.user.removesuffix(IN_SLACK).removesuffix(AT_SHELL))
            if fits and (not user or name_key(user) in map(name_key, names)):
                yield line
    except OSError as error:
        raise BadUsers(f"{file} cannot be read: {error.strerror}") from error


def _at(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")
