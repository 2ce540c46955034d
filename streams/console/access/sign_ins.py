"""When each user signed in last, and in which language: a file beside the user file, which nobody needs.

Kept apart, so that signing in never writes the file that says who may. Where it cannot be written nothing is known.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from running.private_files import locked, write_private
from streams.console.access.user_file import name_key
from streams.console.tongue import Language

__all__ = ["SignIn", "note_sign_in", "read_sign_ins"]

BESIDE: Final = ".sign-ins"


class SignIn(Struct, frozen=True, kw_only=True):
    """`at`: UTC milliseconds; `language`: the one in which the console spoke then."""

    at: int
    language: Language


_DECODER: Final = msgspec.json.Decoder(dict[str, SignIn])


def read_sign_ins(users: Path) -> Mapping[str, SignIn]:
    """By `name_key`. Nothing where it is missing or none of ours. Raises OSError where it cannot be read."""
    try:
        return _DECODER.decode(_beside(users).read_bytes())
    except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def note_sign_in(users: Path, name: str, sign_in: SignIn) -> None:
    """The newest of this user. Raises OSError."""
    path = _beside(users)
    with locked(path):
        found = {**read_sign_ins(users), name_key(name): sign_in}
        write_private(path, msgspec.json.encode(found))


def _beside(users: Path) -> Path:
    return users.with_name(users.name + BESIDE)
