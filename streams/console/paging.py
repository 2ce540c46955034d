"""Pages of a long list: which one an address asks for, and how many there are."""

from typing import Final

__all__ = ["asked_page", "pages_of"]

LAST_PAGE: Final = 1_000


def asked_page(text: str) -> int:
    """From 1; what is no number is the first."""
    return min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def pages_of(total: int, *, size: int) -> int:
    """How many pages so many entries take; nothing takes one, too."""
    return max(1, -(-total // size))
