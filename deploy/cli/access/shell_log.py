"""What is changed at a shell stands in the audit log of the console: who, when, what. Never a password, link or key.

A line is written under the lock of the file that is to change, before it changes: what cannot be written down is not
done. Where the file then does not take the change, a second line says so.
"""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from deploy.errors import NotLogged
from running.wall_clock import utc_ms

if TYPE_CHECKING:
    from streams.console.access.audit import Audit, AuditLine

__all__ = ["AuditFile", "ShellLog", "at_shell", "shell_log"]

AuditFile: TypeAlias = Annotated[
    Path, typer.Option("--audit", envvar="LEADSTREAM_CONSOLE__AUDIT", help="The console's audit log, for a line about "
                       "this change.")
]  # fmt: skip
NOT_DONE: Final = 503
ROOT: Final = 0


class ShellLog:
    """The log of one command. Raises NotLogged."""

    def __init__(self, path: Path, audit: "Audit") -> None:
        self._path = path
        self._audit = audit
        self._said: AuditLine | None = None

    def check(self) -> None:
        """Whether it can be written; a log that is begun by this is told."""
        is_new = not self._path.exists()
        try:
            self._audit.check()
        except OSError as error:
            raise _not_logged(self._path, error) from error
        if is_new:
            typer.echo(f"A new audit log begins: {self._path.absolute()}. If the console writes another one, name that "
                       "by --audit or LEADSTREAM_CONSOLE__AUDIT.", err=True)  # fmt: skip

    def note(self, what: str, id_: str, *, to: str = "") -> None:
        """What is about to be done with whom or what: the words that the console's own lines use."""
        from streams.console.access.audit import AuditLine

        user, role = at_shell()
        self._write(AuditLine(at=utc_ms(), user=user, role=role, what=what, id=id_, to=to))

    def undone(self) -> None:
        """What was noted was not done."""
        from msgspec.structs import replace

        if self._said is not None:
            self._write(replace(self._said, at=utc_ms(), answer=NOT_DONE))

    def _write(self, line: "AuditLine") -> None:
        try:
            self._audit.write(line)
        except OSError as error:
            raise _not_logged(self._path, error) from error
        self._said = line


@contextmanager
def shell_log(path: Path) -> Iterator[ShellLog]:
    """The log, checked. Raises NotLogged."""
    from streams.console.access.audit import Audit

    audit = Audit(path)
    try:
        found = ShellLog(path, audit)
        found.check()
        try:
            yield found
        except NotLogged:
            raise
        except Exception:
            found.undone()
            raise
    finally:
        audit.close()


def at_shell() -> tuple[str, str]:
    """The user of this machine, and as what: what the kernel says, not what an environment may claim.

    Only root's word counts for who became root.
    """
    from streams.console.access.audit import AT_SHELL

    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # a container
        name = f"uid {number}"
    before = os.environ.get("SUDO_USER", "")
    if number == ROOT and before and before != name:
        return f"{before}{AT_SHELL}", f"shell as {name}"
    return f"{name}{AT_SHELL}", "shell"


def _not_logged(path: Path, error: OSError) -> NotLogged:
    return NotLogged(
        f"the audit log {path} cannot be written ({error.strerror}), so nothing was changed. Be the user that the "
        f"console runs as, or name another file: --audit {path}.shell is read together with it"
    )
