"""Drafts: directories of rules, one below another each. What is written here is whole, or is not there."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from typing import Final

from streams.core.rules import FILES
from streams.rules_files import read_texts

__all__ = ["DRAFT", "Drafts", "is_draft_name"]

DRAFT: Final = "draft:"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def is_draft_name(name: str) -> bool:
    """Whether a draft that is written here may be called so."""
    return _NAME.fullmatch(name) is not None


class Drafts:
    """`place` None: there are none, and none can be kept."""

    def __init__(self, place: Path | None) -> None:
        self._place = place

    @property
    def are_kept(self) -> bool:
        """Whether there is a place for them."""
        return self._place is not None

    def names(self) -> Sequence[str]:
        """Those that are there."""
        if self._place is None or not self._place.is_dir():
            return ()
        return sorted(one.name for one in self._place.iterdir() if one.is_dir() and not one.name.startswith("."))

    def texts(self, name: str) -> Mapping[str, str]:
        """The files of a draft. Raises KeyError for one that is not there, RulesError."""
        if self._place is None or name not in self.names():
            raise KeyError(name)
        return read_texts(self._place / name)

    def keep(self, name: str, files: Mapping[str, str]) -> None:
        """Write a new draft of these files, all of them. Raises FileExistsError, other OSErrors, ValueError."""
        if self._place is None or not is_draft_name(name):
            raise ValueError(name)
        made = self._place / f".{name}-{token_hex(4)}"
        made.mkdir(parents=True)
        try:
            for file in FILES:
                (made / file).write_text(files[file], "utf-8", newline="")
            if (self._place / name).exists():
                raise FileExistsError(name)
            made.rename(self._place / name)
        except OSError:
            rmtree(made, ignore_errors=True)
            raise
