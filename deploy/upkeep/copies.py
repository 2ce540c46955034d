"""What no topic holds and nothing can derive: the book of rules, and the files of users and of keys.

They are copied whole into the backup, each with its size and SHA-256 in the manifest. Nothing that is there is written
over unless somebody says so, and then the former file lies beside it.
"""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from deploy.errors import BadBackup
from deploy.settings import value_of
from running.private_files import locked, write_private

__all__ = ["KINDS", "Copy", "Kind", "Outcome", "bring_back", "places", "read_copies", "read_files", "write_copies"]

FOLDER: Final = "files"
BESIDE: Final = ".before-restore"
Outcome: TypeAlias = Literal["restored", "the same", "left", "replaced", "no place"]


class Kind(Struct, frozen=True, kw_only=True):
    """One such file. `setting` names where it lies; `at_home`: its name in the home where nothing does, "" = none."""

    name: str
    what: str
    setting: str
    at_home: str = ""


class Copy(Struct, frozen=True, kw_only=True):
    """What the manifest says of a copied file. `name` is that of its kind; `file`: below the backup's directory."""

    name: str
    file: str
    bytes: int
    sha256: str


KINDS: Final = (
    Kind(name="rules.jsonl", what="the book of rules", setting="LEADSTREAM_CONSOLE__RULES_BOOK", at_home="rules.jsonl"),
    Kind(name="users.json", what="users of the console", setting="LEADSTREAM_CONSOLE__USERS"),
    Kind(name="keys.json", what="keys of sources", setting="LEADSTREAM_COLLECTOR__KEYS"),
    Kind(name="api-keys.json", what="API keys", setting="LEADSTREAM_CONSOLE__API_KEYS"),
)


def places(home: Path) -> dict[str, Path]:
    """By kind, where its file lies here; without those that nothing names."""
    said = {one.name: value_of(one.setting) or (one.at_home and str(home / one.at_home)) for one in KINDS}
    return {name: Path(place) for name, place in said.items() if place not in {"", os.devnull}}


def read_files(where: Mapping[str, Path]) -> dict[str, bytes]:
    """The whole content of each that is there. Raises BadBackup where one cannot be read.

    Each is only ever replaced whole, or appended to by whole lines, so what is read here is one state of it.
    """
    found = {}
    for name, path in where.items():
        try:
            found[name] = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise BadBackup(f"{path}: {error.strerror}") from error
    return found


def write_copies(place: Path, files: Mapping[str, bytes]) -> tuple[Copy, ...]:
    """Into the backup's directory, mode 0600. Raises BadBackup."""
    made = []
    try:
        if files:
            (place / FOLDER).mkdir(mode=0o700)
        for name, content in files.items():
            write_private(place / FOLDER / name, content)
            made.append(Copy(name=name, file=f"{FOLDER}/{name}", bytes=len(content), sha256=_sum(content)))
    except OSError as error:
        raise BadBackup(f"{place / FOLDER}: {error.strerror}") from error
    return tuple(made)


def read_copies(place: Path, copies: tuple[Copy, ...]) -> dict[str, bytes]:
    """All of them, compared with the manifest. Raises BadBackup."""
    found = {}
    for one in copies:
        path = place / FOLDER / Path(one.file).name  # a manifest from elsewhere leads nowhere else
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BadBackup(f"{path}: {error.strerror}") from error
        if (len(content), _sum(content)) != (one.bytes, one.sha256):
            raise BadBackup(f"{path}: it is not what the manifest says; the file was changed or cut short")
        found[one.name] = content
    return found


def bring_back(files: Mapping[str, bytes], where: Mapping[str, Path], *, replace: bool) -> dict[str, Outcome]:
    """What became of each. `replace`: also where another file is there, which is kept beside it. Raises BadBackup."""
    taken = [path for name in files if (path := where.get(name)) and replace and _beside(path).exists()]
    if taken:
        raise BadBackup(f"{_beside(taken[0])} is there from another time: move it away, then say this again")
    return {name: _brought_back(where.get(name), content, replace=replace) for name, content in files.items()}


def _brought_back(path: Path | None, content: bytes, *, replace: bool) -> Outcome:
    if path is None:
        return "no place"
    try:
        with locked(path):
            if not path.exists():
                write_private(path, content)
                return "restored"
            if path.read_bytes() == content:
                return "the same"
            if not replace:
                return "left"
            write_private(_beside(path), path.read_bytes())
            write_private(path, content)
            return "replaced"
    except OSError as error:
        raise BadBackup(f"{path}: {error.strerror}") from error


def _beside(path: Path) -> Path:
    return path.with_name(path.name + BESIDE)


def _sum(content: bytes) -> str:
    return sha256(content).hexdigest()
