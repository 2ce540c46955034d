"""The book of rules: which version was in force since when, who approved a threshold, who reviewed whose change.

JSON Lines, only ever appended, each line in one write: consoles and `leadstream rules publish` may share the file. One
that cannot be read is passed over: a disk that was full may have taken half of a line. Times are UTC milliseconds.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from running.private_files import append_line, opened_to_append
from streams.core.days import DAY_MS
from streams.core.said import Said

__all__ = ["REVIEW_MS", "Approved", "Declined", "Line", "Published", "Reviewed", "RulesBook"]

REVIEW_MS: Final = 14 * DAY_MS


class Published(Struct, frozen=True, kw_only=True, tag_field="t", tag="published"):
    """These files are in force. `by` "" = nobody said so: a console found them when it first looked."""

    at: int
    version: str
    files: dict[str, str]
    by: str = ""


class Approved(Struct, frozen=True, kw_only=True, tag_field="t", tag="approved"):
    """A leader wants this threshold in the rules of `base`. `arithmetic`: what the decision was made from.

    `said`: the same line by line as a text with places and what goes there, for other languages; older lines lack it.
    """

    at: int
    by: str
    base: str
    was: float
    threshold: float
    arithmetic: tuple[str, ...] = ()
    said: tuple[tuple[str, dict[str, str]], ...] = ()

    def __post_init__(self) -> None:
        """Each text has what goes into it. Raises ValueError."""
        try:
            for text, values in self.said:
                _ = text % values
        except (KeyError, TypeError) as error:
            raise ValueError(f"a text lacks what goes into it: {error}") from error

    @property
    def lines(self) -> tuple[str | Said, ...]:
        """The arithmetic, as far as it can be said in another language."""
        return tuple(Said(text, values) for text, values in self.said) or self.arithmetic


class Declined(Struct, frozen=True, kw_only=True, tag_field="t", tag="declined"):
    """A leader does not; it also takes back an approval that was not published yet."""

    at: int
    by: str
    base: str
    threshold: float


class Reviewed(Struct, frozen=True, kw_only=True, tag_field="t", tag="reviewed"):
    """Somebody looked at a lead whose side changed with rules `version`. `approved`: and made it an MQL."""

    at: int
    by: str
    version: str
    lead_id: str
    approved: bool = False


Line: TypeAlias = Published | Approved | Declined | Reviewed
_DECODER: Final = msgspec.json.Decoder(Line)


class RulesBook:
    """`path` None: nothing is kept, for tests of pages without people."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    @property
    def is_kept(self) -> bool:
        """Whether what is written here can be read again."""
        return self._path is not None and str(self._path) != os.devnull

    def lines(self) -> Sequence[Line]:
        """All of them, in the order of writing. Raises OSError."""
        if self._path is None or not self._path.exists():
            return ()
        return [*_readable(self._path.read_bytes())]

    def write(self, line: Line) -> None:
        """Append one. Raises OSError."""
        if self._path is None or not self.is_kept:
            return
        file = opened_to_append(self._path)
        try:
            append_line(file, msgspec.json.encode(line))
            os.fsync(file)
        finally:
            os.close(file)

    def published(self) -> Sequence[Published]:
        """Versions in force one after another, each once until another one was: the oldest first. Raises OSError."""
        found: list[Published] = []
        for one in self.lines():
            if isinstance(one, Published) and (not found or found[-1].version != one.version):
                found.append(one)
        return found

    def note(self, version: str, files: Mapping[str, str], *, at: int, by: str = "") -> Sequence[Published]:
        """Write that these are in force, unless that is known; all that were. Raises OSError.

        `by` "": only where the book has never heard of them, for whoever runs older rules than the newest in it waits
        for a restart, and has not brought them back.
        """
        found = self.published()
        if any(one.version == version for one in (found if not by else found[-1:])):
            return found
        noted = Published(at=at, version=version, files=dict(files), by=by)
        self.write(noted)
        return [*found, noted]

    def pending(self, version: str) -> Approved | None:
        """What was approved for the rules of this version, and neither published nor taken back. Raises OSError."""
        found: Approved | None = None
        for one in self.lines():
            if isinstance(one, Approved):
                found = one
            elif isinstance(one, Declined) or (isinstance(one, Published) and found and one.version != found.base):
                found = None
        return found if found is not None and found.base == version else None

    def decisions(self, *, most: int = 10) -> Sequence[Approved | Declined]:
        """Who approved or declined, the newest first. Raises OSError."""
        return [one for one in reversed(self.lines()) if isinstance(one, Approved | Declined)][:most]

    def reviewed(self, version: str) -> Mapping[str, Reviewed]:
        """The newest review of each lead under this version. Raises OSError."""
        return {one.lead_id: one for one in self.lines() if isinstance(one, Reviewed) and one.version == version}


def _readable(raw: bytes) -> Iterator[Line]:
    for line in raw.splitlines():
        try:
            yield _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
