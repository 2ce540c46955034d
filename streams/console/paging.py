"""Pages of a long list: which one an address asks for, and how many there are."""

from typing import Final

from msgspec import Struct

__all__ = ["LIST", "Turned", "asked_page", "pages_of", "turned"]

LAST_PAGE: Final = 1_000
LIST: Final = 100  # rows of a list of people or companies


class Turned(Struct, frozen=True, kw_only=True):
    """One page of a list: which of how many, and the place where it begins."""

    page: int
    pages: int
    total: int

    @property
    def start(self) -> int:
        """From 0."""
        return (self.page - 1) * LIST


def turned(text: str, *, total: int) -> Turned:
    """The page that an address asks for; one that is not there any more is the last one that is."""
    pages = pages_of(total, size=LIST)
    return Turned(page=min(asked_page(text), pages), pages=pages, total=total)


def asked_page(text: str) -> int:
    """From 1; what is no number is the first."""
    return min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def pages_of(total: int, *, size: int) -> int:
    """How many pages so many entries take; nothing takes one, too."""
    return max(1, -(-total // size))
