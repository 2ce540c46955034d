"""What children print: to `logs/NAME.log` always, to the terminal when somebody should see it."""

import json
import re
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

__all__ = ["ChildLog", "is_loud", "readable"]

TAIL_LINES: Final = 40
FILE_BYTES: Final = 16 << 20
_LOUD: Final = re.compile(r"\b(warn(ing)?|error|critical|fatal|traceback|panicked)\b", re.IGNORECASE)
_UNSAID: Final = frozenset({"logger", "timestamp"})
_UNPRINTABLE: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def is_loud(line: str) -> bool:
    """Whether a line calls for a person: a warning or worse, in whatever format its writer has.

    >>> is_loud('{"level": "warning", "event": "kafka_away"}'), is_loud("12:00 [INFO] no error_code here")
    (True, False)
    """
    return _LOUD.search(line) is not None


def readable(line: str) -> str:
    """A structured line as a person reads it; any other line as it is.

    >>> readable('{"error": "no route", "event": "kafka_away", "level": "warning", "timestamp": "12:00"}')
    'warning kafka_away: no route'
    """
    try:
        fact = json.loads(line)
    except ValueError:
        return line
    if not isinstance(fact, dict) or "event" not in fact:
        return line
    said = " ".join(str(fact.pop(name)) for name in ("level", "event") if name in fact)
    rest = [str(value) if name == "error" else f"{name}={value}" for name, value in fact.items() if name not in _UNSAID]
    return f"{said}: {' '.join(rest)}" if rest else said


class ChildLog:
    """One child's log: the run before is kept as `NAME.log.old`, and a file is turned over at 16 MiB."""

    def __init__(self, path: Path, *, tell: Callable[[str], None]) -> None:
        self.path = path
        self._tell = tell
        self._rest = b""
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._turn_over()

    def write(self, chunk: bytes) -> None:
        """Bytes as they come from the pipe; whole lines are told, without what a terminal would obey."""
        self._file.write(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for raw in lines:
            self._line(raw)
        if len(self._rest) > FILE_BYTES:
            self._rest = b""
        if self._file.tell() > FILE_BYTES:
            self._file.close()
            self._turn_over()

    def close(self) -> None:
        """The last line may lack its end."""
        if self._rest:
            self._line(self._rest)
            self._rest = b""
        self._file.close()

    def _line(self, raw: bytes) -> None:
        line = _UNPRINTABLE.sub("", raw.decode(errors="replace")).rstrip()
        if line:
            self.tail.append(line)
            self._tell(line)

    def _turn_over(self) -> None:
        if self.path.exists():
            self.path.replace(self.path.with_name(f"{self.path.name}.old"))
        self._file = self.path.open("wb", buffering=0)
