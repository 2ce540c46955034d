"""What the rows of a file are read with, the same for leads, accounts and deals."""

from hashlib import blake2b
from typing import Any

from msgspec import Struct

from producers.crm.values import text_of
from producers.importers.cells import DayOrder, time_in
from producers.importers.headers import plain, words
from schemas.ids import Naming

__all__ = ["Reading"]


class Reading(Struct, frozen=True, kw_only=True):
    """`as_of`: when the file was written, for rows that do not say (UTC milliseconds). `crm`: whose ids it holds.

    `naming` makes pseudonyms, of ids that must not show an e-mail. `order` is of dates between slashes.
    """

    crm: str
    as_of: int
    naming: Naming
    order: DayOrder = ""
    decimal_comma: bool = False

    def time(self, cells: dict[str, str], field: str) -> int | None:
        """The time in a cell, None without one. Raises Unmappable."""
        return time_in(cells[field], field, order=self.order) if field in cells else None

    def pseudonym(self, space: str, *what: str) -> str:
        """An id that follows from what it names, and shows nothing of it."""
        return blake2b("\0".join((space, *what)).encode(), key=self.naming.secret[:64], digest_size=12).hexdigest()

    def owner(self, cells: dict[str, str]) -> dict[str, Any]:
        """Who sells, as our routes read it."""
        if "@" in cells.get("owner_name", "") and "owner_email" not in cells:
            return {"owner": {"email": cells["owner_name"]}}
        said = {"name": text_of(cells.get("owner_name")), "email": cells.get("owner_email", "")}
        return {"owner": said} if said["email"] else {}

    def yes(self, text: str) -> bool | None:
        """Whether a cell says yes, None where it says neither yes nor no."""
        found = words().yes.get(plain(text))
        return None if found is None else found == "yes"
