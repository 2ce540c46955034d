"""What one check of `leadstream doctor` says."""

from typing import Literal

from msgspec import Struct

__all__ = ["Finding"]


class Finding(Struct, frozen=True):
    """`bad` must be mended; `absent` is only missed by tests. `do` = what to do about it."""

    what: str
    verdict: Literal["good", "bad", "absent"]
    says: str
    do: str = ""
