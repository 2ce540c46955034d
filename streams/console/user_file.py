"""The user file (`LEADSTREAM_CONSOLE__USERS`): who may sign in, and as what. `leadstream users` writes it."""

import unicodedata
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from streams.console.roles import Role
from streams.errors import SettingsError

__all__ = ["FORMAT", "LONGEST_NAME", "UserEntry", "UserFile", "name_key", "read_user_file"]

FORMAT: Final = 1
LONGEST_NAME: Final = 60


class UserEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One user. `hash`: of the password, by argon2. `version` grows with all that ends sessions. UTC milliseconds."""

    name: str
    role: Role
    hash: str
    created_at: int
    version: int = 1
    disabled_at: int | None = None


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
    try:
        read = msgspec.json.decode(path.read_bytes(), type=UserFile)
    except FileNotFoundError as error:
        raise SettingsError(f"LEADSTREAM_CONSOLE__USERS: {path} is not there: leadstream users add") from error
    except OSError as error:
        raise SettingsError(f"LEADSTREAM_CONSOLE__USERS: cannot read {path}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SettingsError(f"LEADSTREAM_CONSOLE__USERS: {path} is no user file: {error}") from error
    if read.format > FORMAT:
        raise SettingsError(f"LEADSTREAM_CONSOLE__USERS: {path} was written by a newer version (format {read.format})")
    return read
