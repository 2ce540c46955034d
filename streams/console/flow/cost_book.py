"""The file of costs, read again whenever it changed: whoever writes it, nothing has to be started again."""

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Final

import structlog
from msgspec import Struct

from running.file_stamps import Stamp, stamp_of
from running.private_files import locked, write_private
from streams.console.tongue import N_, Text, filled
from streams.core.flow.costs import Cost, costs_in, text_of
from streams.core.flow.costs_kept import rewritten
from streams.core.rulebook.returns_rules import ReturnsRules
from streams.core.rules import RulesError

__all__ = ["CostBook", "Costs"]

LARGEST: Final = 1_048_576  # bytes
log = structlog.get_logger()


class Costs(Struct, frozen=True, kw_only=True):
    """What was given. `why`: what keeps it from being known, "" = nothing. `are_given`: a file of costs is set."""

    costs: Sequence[Cost] = ()
    why: Text = ""
    are_given: bool = False


class CostBook:
    """`path` None: no costs are given."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._read: tuple[Stamp, ReturnsRules, Costs] | None = None

    @property
    def is_set(self) -> bool:
        """Whether a setting names a file."""
        return self._path is not None

    @property
    def is_there(self) -> bool:
        """Whether the file that is set was written by now. Blocks."""
        return self._path is not None and self._path.exists()

    def replace(self, costs: Sequence[Cost], returns: ReturnsRules, *, when: Callable[[], bool]) -> bool:
        """Writes the file anew where `when` says yes; no other program writes meanwhile. Blocks.

        What an operator wrote beside the bills stays; where the file cannot be understood it is kept under another
        name. Who may read it stays as it was. Raises OSError, and ValueError where it would be larger than one may be.
        """
        if self._path is None:
            raise FileNotFoundError
        path = self._path.resolve()  # the file itself, not the link that leads to it
        with locked(path):
            if not when():
                return False
            before = path.read_bytes() if path.exists() else b""
            text = _with_comments(before, costs, returns)
            content = (text or text_of(costs)).encode()
            if len(content) > LARGEST:
                raise ValueError(f"the file would have {len(content):,} bytes, and has {LARGEST:,} at most")
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o640
            if before.strip() and text is None:
                _write(_free(path), before, mode)
            _write(path, content, mode)
        return True

    def costs(self, returns: ReturnsRules) -> Costs:
        """As the file says now. Blocks."""
        if self._path is None:
            return Costs()
        try:
            seen = stamp_of(self._path)
            if self._read is None or self._read[:2] != (seen, returns):
                self._read = seen, returns, self._taken(self._path, returns)
        except (OSError, UnicodeDecodeError) as error:
            log.warning("costs_unreadable", error=type(error).__name__, setting="LEADSTREAM_CONSOLE__COSTS")
            why = filled(N_("the file of costs cannot be read (%(error)s)"), error=type(error).__name__)
            return Costs(why=why, are_given=True)
        return self._read[2]

    @staticmethod
    def _taken(path: Path, returns: ReturnsRules) -> Costs:
        if path.stat().st_size > LARGEST:
            return Costs(why=N_("the file of costs is larger than 1 MiB"), are_given=True)
        try:
            return Costs(costs=costs_in(path.read_text("utf-8"), returns), are_given=True)
        except RulesError as error:
            return Costs(why=error.said, are_given=True)


def _with_comments(before: bytes, costs: Sequence[Cost], returns: ReturnsRules) -> str | None:
    """The text with what somebody wrote into the one before; None where that cannot be done."""
    try:
        text = before.decode()
        made = rewritten(text, costs_in(text, returns), costs)
        return made if list(costs_in(made, returns)) == list(costs) else None
    except (UnicodeDecodeError, RulesError):
        return None


def _free(path: Path) -> Path:
    """A name beside it that nothing has: `costs.toml.before-1`."""
    return next(one for number in count(1) if not (one := path.with_name(f"{path.name}.before-{number}")).exists())


def _write(path: Path, content: bytes, mode: int) -> None:
    write_private(path, content)
    path.chmod(mode)
