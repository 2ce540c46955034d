"""The rules that the console knows: those in force, former ones, what was approved, and drafts."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from streams.console.rules.drafts import DRAFT, Drafts
from streams.core.rulebook.threshold_text import with_threshold
from streams.core.rules import Rules
from streams.rules_book import Published, RulesBook

__all__ = ["IN_FORCE", "Choice", "KnownRules"]

FILE: Final = "stages.toml"  # where the threshold stands
IN_FORCE: Final = "now"
APPROVED: Final = "approved"
FORMER: Final = "version:"
MOST_FORMER: Final = 12
Kind: TypeAlias = Literal["now", "approved", "version", "draft", "pasted"]


class Choice(Struct, frozen=True, kw_only=True):
    """Rules that one may ask for. `name` stands in the address; `what`: a version, a draft's name, a threshold."""

    name: str
    kind: Kind
    what: str
    at: int = 0  # since when, for what was in force; UTC milliseconds


class KnownRules:
    """`files` are read once, when they are first asked for: the workers read theirs when they start, too.

    `load` makes rules of texts and raises RulesError; `drafts`: a directory of directories.
    """

    def __init__(
        self, files: Callable[[], Mapping[str, str]], load: Callable[[Mapping[str, str]], Rules], *, book: RulesBook,
        drafts: Path | None = None,
    ) -> None:  # fmt: skip
        self._files = files
        self._load = load
        self._known: tuple[Mapping[str, str], Rules] | None = None
        self.book = book
        self.drafts = Drafts(drafts)

    def in_force(self) -> Rules:
        """Those that this console started with. Raises RulesError."""
        return self._first()[1]

    def files(self) -> Mapping[str, str]:
        """Their texts. Raises RulesError."""
        return self._first()[0]

    def history(self, now: int) -> tuple[Sequence[Published], int]:
        """All that were in force, oldest first, and where the ones here stand among them. Raises RulesError, OSError.

        The first look at rules that the book does not know writes them into it.
        """
        version = self.in_force().version
        found = self.book.note(version, self.files(), at=now)
        places = [place for place, one in enumerate(found) if one.version == version]
        return (found, places[-1]) if places else ([Published(at=now, version=version, files={})], 0)

    def choices(self, now: int) -> Sequence[Choice]:
        """What may be compared. Raises RulesError, OSError."""
        version = self.in_force().version
        found = [Choice(name=IN_FORCE, kind="now", what=version)]
        pending = self.book.pending(version)
        if pending is not None:
            found.append(Choice(name=APPROVED, kind="approved", what=f"{pending.threshold:g}", at=pending.at))
        former = {one.version: one for one in self.history(now)[0] if one.version != version and one.files}
        newest = sorted(former.values(), key=lambda one: -one.at)[:MOST_FORMER]
        found += [Choice(name=FORMER + one.version, kind="version", what=one.version, at=one.at) for one in newest]
        return [*found, *(Choice(name=DRAFT + name, kind="draft", what=name) for name in self.drafts.names())]

    def named(self, name: str) -> Rules:
        """The rules of a choice. Raises KeyError for one that is not there, RulesError, OSError."""
        version = self.in_force().version
        if name == IN_FORCE:
            return self.in_force()
        if name == APPROVED:
            pending = self.book.pending(version)
            if pending is None:
                raise KeyError(name)
            return self.at_threshold(pending.threshold)
        if name.startswith(FORMER):
            return self.of(name.removeprefix(FORMER))
        if not name.startswith(DRAFT):
            raise KeyError(name)
        return self._load(self.drafts.texts(name.removeprefix(DRAFT)))

    def of(self, version: str) -> Rules:
        """A version of the book. Raises KeyError, RulesError, OSError."""
        files = {one.version: one.files for one in self.book.published() if one.files}[version]
        return self._load(files)

    def instead(self, texts: Mapping[str, str]) -> tuple[Mapping[str, str], Rules]:
        """Those in force with these texts in place of theirs: all texts, and what they say. Raises RulesError."""
        files = {**self.files(), **texts}
        return files, self._load(files)

    def made_of(self, texts: Mapping[str, str]) -> Rules:
        """What these texts say, all of them. Raises RulesError."""
        return self._load(texts)

    def at_threshold(self, threshold: float) -> Rules:
        """Those in force with another threshold. Raises RulesError."""
        files = self.files()
        return self._load({**files, FILE: with_threshold(files[FILE], threshold)})

    def _first(self) -> tuple[Mapping[str, str], Rules]:
        if self._known is None:
            files = self._files()
            self._known = files, self._load(files)
        return self._known
