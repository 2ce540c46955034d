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

from deploy.cli.access.company import signout_openid
from deploy.cli.access.shell_log import AuditFile, ShellLog, shell_log
from deploy.errors import BadUsers
from streams.console_files import AUDIT

if TYPE_CHECKING:
    from streams.console.access.user_book import UserBook
    from streams.console.access.user_file import UserEntry

__all__ = ["app"]

app = typer.Typer(
    help="Users of the console. [b]viewer[/b] looks, [b]rep[/b] acts on alerts, [b]leader[/b] also reads reports and "
         "decides thresholds, [b]operator[/b] may all. The console sees every change within two "
         "seconds; its page Users does the same. Each change is a line of the audit log.",
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

Url: TypeAlias = Annotated[
    str, typer.Option(envvar="LEADSTREAM_CONSOLE__PUBLIC_URL", help="Where browsers reach the console.")
]
EvenLast: TypeAlias = Annotated[
    bool, typer.Option("--even-last", help="Also where no operator is left who can sign in with a password.")
]


@app.command()
def add(
    name: Name,
    *,
    file: File,
    role: Annotated[RoleName, typer.Option(help="What this user may.")] = "rep",
    password_stdin: FromStdin = False,
    by_link: Annotated[bool, typer.Option("--link", help="Ask for no password: print a link behind which this user "
                                          "chooses one.")] = False,
    url: Url = "",
    audit: AuditFile = AUDIT,
) -> None:
    """Add a user; the password is asked for. The file is made where it is missing and keeps only a hash.

    leadstream users add 'Ines Duarte' --role rep --file /etc/leadstream/users.json
    """
    if by_link:
        with _book(file, audit, new=True) as (book, log):
            entry, token = book.invite(name, role)
            log.note("add user", entry.name, to=role)
        _tell(f"{entry.name} may sign in as {entry.role}, once a password is chosen")
        _tell_link(url, token)
        return
    password = _password(from_stdin=password_stdin)
    with _book(file, audit, new=True) as (book, log):
        entry = book.add(name, role, password)
        log.note("add user", entry.name, to=role)
    _tell(f"{entry.name} may sign in as {entry.role}")


@app.command("list")
def list_(*, file: File) -> None:
    """List all users; disabled ones stay, so that nobody wonders."""
    from streams.console.access.sign_ins import read_sign_ins
    from streams.console.access.user_file import name_key, read_user_file
    from streams.errors import SettingsError

    try:
        users, seen = read_user_file(file).users, read_sign_ins(file)
    except SettingsError as error:
        raise BadUsers(str(error)) from error
    except OSError as error:
        raise BadUsers(f"{file}: {error.strerror}") from error
    table = Table("name", "role", "made", "state", "last sign-in")
    for one in users:
        last = seen.get(name_key(one.name))
        at = "" if last is None else _day(last.at)
        table.add_row(Text(one.name), one.role, _day(one.created_at), _state(one), at)
    Console(highlight=False).print(table)


@app.command()
def role(
    name: Name, to: Annotated[RoleName, typer.Argument(metavar="ROLE")], *, file: File, even_last: EvenLast = False,
    audit: AuditFile = AUDIT,
) -> None:
    """Give another role: it counts from the next click on, nobody has to sign in again."""
    with _book(file, audit) as (book, log):
        entry = book.give_role(name, to, even_last=even_last)
        log.note("give role to user", entry.name, to=to)
    _tell(f"{entry.name} is {entry.role}")


@app.command()
def passwd(name: Name, *, file: File, password_stdin: FromStdin = False, audit: AuditFile = AUDIT) -> None:
    """Set another password. All sessions of this user end."""
    with _book(file, audit) as (book, _):
        book.named(name)
    password = _password(from_stdin=password_stdin)
    with _book(file, audit) as (book, log):
        entry = book.set_password(name, password)
        log.note("set password of user", entry.name)
    _tell(f"{entry.name} has another password; all sessions ended")


@app.command()
def link(name: Name, *, file: File, url: Url = "", audit: AuditFile = AUDIT) -> None:
    """Print a link behind which this user chooses a password: it works once, for a day, and ends the one of before.

    Sessions end when the password is chosen, not before.
    """
    with _book(file, audit) as (book, log):
        entry, token = book.give_link(name)
        log.note("make a link for user", entry.name)
    _tell(f"{entry.name} may choose a password")
    _tell_link(url, token)


@app.command()
def disable(name: Name, *, file: File, even_last: EvenLast = False, audit: AuditFile = AUDIT) -> None:
    """Let nobody sign in as this user any more: open sessions end within two seconds."""
    with _book(file, audit) as (book, log):
        entry = book.disable(name, even_last=even_last)
        log.note("disable user", entry.name)
    _tell(f"{entry.name} is disabled; all sessions ended")


@app.command()
def enable(name: Name, *, file: File, audit: AuditFile = AUDIT) -> None:
    """Let a disabled user sign in again, with the password of before, if there was one."""
    with _book(file, audit) as (book, log):
        entry = book.enable(name)
        log.note("enable user", entry.name)
    _tell(f"{entry.name} may sign in again as {entry.role}")


@app.command()
def signout(name: Name, *, file: File, audit: AuditFile = AUDIT) -> None:
    """End all sessions of a user, for a device that was lost."""
    with _book(file, audit) as (book, log):
        entry = book.end_sessions(name)
        log.note("end sessions of user", entry.name)
    _tell(f"all sessions of {entry.name} ended")


app.command("signout-openid")(signout_openid)


@contextmanager
def _book(file: Path, audit: Path, *, new: bool = False) -> Iterator[tuple["UserBook", ShellLog]]:
    """The users, and the log for what is done with them: one lock for both. Raises BadUsers, NotLogged."""
    from streams.console.access.user_book import opened
    from streams.errors import StreamError

    try:
        with shell_log(audit) as log, opened(file, new=new) as book:
            yield book, log
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


def _tell_link(url: str, token: str) -> None:
    """The link alone on a line. Without an address of the console, what follows it."""
    from streams.console.access.user_book import link_to

    Console(highlight=False).print(Text(link_to(url, token)), soft_wrap=True)
    said = "It works once, within 24 hours, and is shown this once."
    if not url:
        said += " Put your console's address in front of it (--url, LEADSTREAM_CONSOLE__PUBLIC_URL)."
    Console(highlight=False).print(Text(said, "dim"), soft_wrap=True)


def _state(one: "UserEntry") -> Text:
    if one.disabled_at is not None:
        return Text(f"disabled {_day(one.disabled_at)}", "dim")
    return Text("live", "green") if one.hash else Text("no password yet", "yellow")


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, tz=UTC).strftime("%Y-%m-%d")
