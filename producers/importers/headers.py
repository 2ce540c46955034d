"""Which column of a file means what: by the names in `headers.toml`, or as the command line says."""

import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from producers.errors import BadFile

__all__ = ["Columns", "Kind", "Words", "columns_of", "plain", "words"]

Kind: TypeAlias = Literal["accounts", "deals", "leads"]
# One of each group must be there.
_NEEDED: Final[Mapping[Kind, tuple[tuple[str, ...], ...]]] = {
    "leads": (("email",),),
    "accounts": (("external_id", "domain", "name"),),
    "deals": (("external_id", "name"), ("stage", "status")),
}


class Columns(Struct, frozen=True):
    """`fields` stand in the order of the header: what each column means, "" for one that is not used."""

    header: tuple[str, ...]
    fields: tuple[str, ...]

    def read(self, cells: Sequence[str]) -> dict[str, str]:
        """Of each field the first cell that is not empty."""
        found: dict[str, str] = {}
        for field, cell in zip(self.fields, cells, strict=True):
            if field and field not in found and (text := cell.strip()):
                found[field] = text
        return found


class Words(Struct, frozen=True):
    """Words in cells: plain word -> what it means."""

    status: Mapping[str, str]
    lost_reasons: Mapping[str, str]
    yes: Mapping[str, str]


def columns_of(header: Sequence[str], kind: Kind, *, said: Mapping[str, str] | None = None) -> Columns:
    """The meaning of a header. `said`: column -> field, from the command line. Raises BadFile."""
    known = _aliases(kind)
    fields = set(known.values())
    for column, field in (said or {}).items():
        if column not in header:
            raise BadFile(f'no column is named "{column}"; there are {_listed(header)}')
        if field not in fields:
            raise BadFile(f'"{field}" is no field of {kind}{_near(field, fields)}; there are {_listed(sorted(fields))}')
    means = {plain(column): field for column, field in (said or {}).items()}
    columns = Columns(tuple(header), tuple(means.get(plain(one), known.get(plain(one), "")) for one in header))
    for group in _NEEDED[kind]:
        if not set(group) & set(columns.fields):
            names = " or ".join(group)
            raise BadFile(
                f"no column means {names}; there are {_listed(header)}. "
                f'Name it with --map "Your column={group[0]}"'
            )  # fmt: skip
    return columns


@lru_cache(1)
def words() -> Words:
    """What cells mean, of every kind of file."""
    said = _said()
    return Words(
        status=_by_word(said["status"]), lost_reasons=_by_word(said["lost_reasons"], itself=True),
        yes=_by_word(said["yes"]),
    )  # fmt: skip


def plain(text: str) -> str:
    """Letters and digits only, in one case."""
    return "".join(c for c in text.casefold() if c.isalnum())


@lru_cache(3)
def _aliases(kind: Kind) -> dict[str, str]:
    return _by_word(_said()[kind], itself=True)


@lru_cache(1)
def _said() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("producers.importers").joinpath("headers.toml").read_text("utf-8"))


def _by_word(table: Mapping[str, Any], *, itself: bool = False) -> dict[str, str]:
    return {plain(word): meant for meant, them in table.items() for word in (*([meant] if itself else []), *them)}


def _near(word: str, known: set[str]) -> str:
    near = get_close_matches(word, sorted(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
