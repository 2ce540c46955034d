"""What people looked at, without the rest of their cards: an account asks for that of all its people."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from schemas.activity import PageSeen
from schemas.codec import Codec
from streams.readmodel.reader import Reader

__all__ = ["LeadPages", "lead_pages"]


class LeadPages(Struct, frozen=True, kw_only=True):
    """A part of `LeadCard`, by the same names."""

    lead_id: str
    pages: tuple[PageSeen, ...]


_PAGES: Final[Codec[LeadPages]] = Codec(LeadPages)


async def lead_pages(reader: Reader, lead_ids: Sequence[str]) -> dict[str, tuple[PageSeen, ...]]:
    """By lead; one that is not known is left out. Raises ReadModelAway."""
    return {one.lead_id: one.pages for one in await reader.many("lead", lead_ids, _PAGES)}
