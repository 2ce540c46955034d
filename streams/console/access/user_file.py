"""The user file (`LEADSTREAM_CONSOLE__USERS`): who may sign in, and as what. `leadstream users` writes it."""

import unicodedata
from pathlib import Path
from typing import Final

from msgspec import Struct

from running.private_files import read_private
from streams.console.access.roles import Role
from streams.errors import SettingsError

__all__ = ["FORMAT", "LONGEST_NAME", "UserEntry", "UserFile", "name_key", "read_user_file"]

FORMAT: Final = 1
LONGEST_NAME: Final = 60


class UserEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One user. `hash`: of the password, by argon2; "" = none was chosen yet. UTC milliseconds.

    `version` grows with all that ends sessions. `link`: the digest of what the link ends with that lets this user
    choose a password once, until `link_until`; "" = there is none.
    """

    name: str
    role: Role
    hash: str
    created_at: int
    version: int = 1
    disabled_at: int | None = None
    link: str = ""
    link_until: int = 0


class UserFile(Struct, frozen=True, kw_only=True):
    """The whole file."""

    format: int = FORMAT
    users: tuple[UserEntry, ...] = ()


def name_key(name: str) -> str:
    """What two spellings of one name have in common.

    >>> name_key(" Ines  DUARTE ") == name_key("ines duarte")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def read_user_file(path: Path) -> UserFile:
    """Raises SettingsError, which says what is wrong and what to do."""
    return read_private(
        path, UserFile, setting="LEADSTREAM_CONSOLE__USERS", what="user file", make="leadstream users add",
        newest=FORMAT, refused=SettingsError,
    )  # fmt: skip
