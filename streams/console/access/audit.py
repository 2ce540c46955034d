"""The audit log: who looked at whom, and who did what. One JSON line each, only ever appended.

A line has the pseudonyms of those who were shown, never their names or addresses. Consoles and commands that change who
may sign in append to the same file. Whoever turns the file over (a
rename is enough) needs to tell nobody: the next line notices.
"""

import gzip
import ipaddress
import os
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from running.private_files import append_line, opened_to_append
from streams.metrics import Bound

__all__ = ["AGAIN_MS", "AT_SHELL", "LIST_AGAIN_MS", "Audit", "AuditLine", "entries", "network"]

AGAIN_MS: Final = 60_000
LIST_AGAIN_MS: Final = 3_600_000
AT_SHELL: Final = " (shell)"  # behind the name of who used a command on the machine itself
REMEMBERED: Final = 32_768  # about 8 MB
Look: TypeAlias = tuple[str, ...]


class AuditLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`what`: a look or an act. `id`: of what was asked for. `leads`: who was shown. `network`: a shortened address.

    `answer`: the HTTP status; `at`: UTC milliseconds; `member`: Slack's id of who pressed a button there; `to`: what it
    was changed to.
    """

    at: int
    user: str
    role: str
    what: str
    id: str = ""
    leads: tuple[str, ...] = ()
    network: str = ""
    answer: int = 200
    member: str = ""
    to: str = ""


class Audit:
    """Appends to a file. None: nothing is kept, for a console without people."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: int | None = None
        self._inode = 0
        self._looks: OrderedDict[Look, int] = OrderedDict()

    def check(self) -> None:
        """Raises OSError where nothing could be written."""
        if self._path is not None:
            self._opened(self._path)

    def write(self, line: AuditLine) -> None:
        """Append one line in one write: other processes may append to the same file. Raises OSError."""
        if self._path is None:
            return
        append_line(self._opened(self._path), msgspec.json.encode(line))

    def look(self, line: AuditLine, *, session: str) -> None:
        """Append, unless the same session saw the same less than a minute ago: a page that follows. Raises OSError.

        A list, which has no id, names those whom this session did not see in it during the last hour.
        """
        page = (session, line.what, line.id, *(line.leads if line.id else ()))
        known = not self._is_new(page, line.at, AGAIN_MS)
        shown = () if line.id else tuple(
            one for one in line.leads if self._is_new((session, line.what, one), line.at, LIST_AGAIN_MS)
        )  # fmt: skip
        if known and not shown:
            return
        self.write(line if line.id else replace(line, leads=shown))
        for look in (page, *((session, line.what, one) for one in shown)):
            self._looks[look] = line.at
            self._looks.move_to_end(look)
        while len(self._looks) > REMEMBERED:
            self._looks.popitem(last=False)

    def _is_new(self, look: Look, at: int, again_ms: int) -> bool:
        return at - self._looks.get(look, 0) >= again_ms

    def bounds(self) -> list[Bound]:
        """Looks that are not written twice."""
        return [Bound("looks_written", len(self._looks), REMEMBERED)]

    def close(self) -> None:
        """The next line opens it again."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self, path: Path) -> int:
        try:
            there = path.stat().st_ino
        except FileNotFoundError:
            there = 0
        if self._file is None or there != self._inode:
            self.close()
            self._file = opened_to_append(path)
            self._inode = os.fstat(self._file).st_ino
        return self._file


def network(address: str) -> str:
    """An address without its last part; "" where it is none.

    >>> network("203.0.113.77"), network("2001:db8:1:2::7"), network("testclient")
    ('203.0.113.0/24', '2001:db8:1:2::/64', '')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 64), strict=False))


def entries(path: Path) -> Iterator[AuditLine]:
    """All lines of the file and of those it was turned over to (`audit.jsonl.1`, `.2.gz`), oldest file first.

    A line that cannot be read is passed over: a disk that was full may have taken half of one. Raises OSError.
    """
    for file in sorted(path.parent.glob(f"{path.name}*"), key=lambda one: (one.stat().st_mtime_ns, one.name)):
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
            for line in lines:
                try:
                    yield msgspec.json.decode(line, type=AuditLine)
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    continue
