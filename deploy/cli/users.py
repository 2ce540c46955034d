"""`leadstream users`: who may sign in to the console, and as what."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.errors import BadUsers

if TYPE_CHECKING:
    from streams.console.access.user_book import UserBook

__all__ = ["app"]

app = typer.Typer(
    help="Users of the console. [b]viewer[/b] looks, [b]rep[/b] acts on alerts, [b]leader[/b] also reads reports and "
         "decides thresholds, [b]operator[/b] may all. The console sees every change within two seconds.",
    no_args_is_help=True,
)  # fmt: skip
RoleName: TypeAlias = Literal["viewer", "rep", "leader", "operator"]
File: TypeAlias = Annotated[
    Path, typer.Option("--file", envvar="LEADSTREAM_CONSOLE__USERS", help="The user file that the console reads.")
]
Name: TypeAlias = Annotated[str, typer.Argument(help="As one signs in, and as others see it on what one claims.")]
FromStdin: TypeAlias = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input: it never stands in a command.")
]


@app.command()
def add(
    name: Name,
    *,
    file: File,
    role: Annotated[RoleName, typer.Option(help="What this user may.")] = "rep",
    password_stdin: FromStdin = False,
) -> None:
    """Add a user; the password is asked for. The file is made where it is missing and keeps only a hash.

    leadstream users add 'Ines Duarte' --role rep --file /etc/leadstream/users.json
    """
    password = _password(from_stdin=password_stdin)
    with _book(file, new=True) as book:
        entry = book.add(name, role, password)
    _tell(f"{entry.name} may sign in as {entry.role}")


@app.command("list")
def list_(*, file: File) -> None:
    """List all users; disabled ones stay, so that nobody wonders."""
    from streams.console.access.user_file import read_user_file
    from streams.errors import SettingsError

    try:
        users = read_user_file(file).users
    except SettingsError as error:
        raise BadUsers(str(error)) from error
    table = Table("name", "role", "made", "state")
    for one in users:
        state = Text("live", "green") if one.disabled_at is None else Text(f"disabled {_day(one.disabled_at)}", "dim")
        table.add_row(Text(one.name), one.role, _day(one.created_at), state)
    Console(highlight=False).print(table)


@app.command()
def role(name: Name, to: Annotated[RoleName, typer.Argument(metavar="ROLE")], *, file: File) -> None:
    """Give another role: it counts from the next click on, nobody has to sign in again."""
    with _book(file) as book:
        entry = book.give_role(name, to)
    _tell(f"{entry.name} is {entry.role}")


@app.command()
def passwd(name: Name, *, file: File, password_stdin: FromStdin = False) -> None:
    """Set another password. All sessions of this user end."""
    with _book(file) as book:
        book.named(name)
    password = _password(from_stdin=password_stdin)
    with _book(file) as book:
        entry = book.set_password(name, password)
    _tell(f"{entry.name} has another password; all sessions ended")


@app.command()
def disable(name: Name, *, file: File) -> None:
    """Let nobody sign in as this user any more: open sessions end within two seconds."""
    with _book(file) as book:
        entry = book.disable(name)
    _tell(f"{entry.name} is disabled; all sessions ended")


@app.command()
def enable(name: Name, *, file: File) -> None:
    """Let a disabled user sign in again, with the password of before."""
    with _book(file) as book:
        entry = book.enable(name)
    _tell(f"{entry.name} may sign in again as {entry.role}")


@app.command()
def signout(name: Name, *, file: File) -> None:
    """End all sessions of a user, for a device that was lost."""
    with _book(file) as book:
        entry = book.end_sessions(name)
    _tell(f"all sessions of {entry.name} ended")


@contextmanager
def _book(file: Path, *, new: bool = False) -> Iterator["UserBook"]:
    """Raises BadUsers."""
    from streams.console.access.user_book import opened
    from streams.errors import StreamError

    try:
        with opened(file, new=new) as book:
            yield book
    except StreamError as error:
        raise BadUsers(str(error)) from error
    except OSError as error:
        raise BadUsers(f"{file} cannot be written: {error.strerror}") from error


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _tell(text: str) -> None:
    Console(highlight=False).print(Text.assemble(("✓ ", "green"), text))


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, tz=UTC).strftime("%Y-%m-%d")
