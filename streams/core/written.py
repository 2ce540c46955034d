"""How values are written for people, in pages and in messages: scores, amounts, foreign text on one line.

>>> tenths(1138)
'113.8'
>>> money(148000.0, "EUR")
'€148,000'
"""

import unicodedata
from typing import Final

__all__ = ["MINUS", "money", "plain", "tenths", "words"]

MINUS: Final = "\u2212"
SYMBOLS: Final = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "KRW": "₩"}
# Controls and the characters that turn the direction of text: a name must not rearrange the line that it stands in.
HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs"})
ACRONYMS: Final = {"crm": "CRM", "json": "JSON", "mql": "MQL"}
JOINERS: Final = frozenset({"\u200c", "\u200d"})  # letters of Persian, Hindi and emoji hang together by them


def plain(value: object) -> str:
    """Text without invisible characters; line ends and tabs become spaces."""
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    spaced = " ".join(text.splitlines()).replace("\t", " ")
    return "".join(c for c in spaced if c in JOINERS or unicodedata.category(c) not in HIDDEN)


def tenths(value: int) -> str:
    """A score: tenths of a point with one decimal."""
    return f"{MINUS if value < 0 else ''}{abs(value) // 10:,}.{abs(value) % 10}"


def money(amount: float | None, currency: str | None) -> str:
    """`€148,000`, `DKK 18,500`; without an amount `amount unknown`."""
    if amount is None:
        return "amount unknown"
    code = plain(currency or "").strip().upper()
    number = f"{amount:,.0f}" if abs(amount) >= 100 or amount == int(amount) else f"{amount:,.2f}"
    return f"{SYMBOLS[code]}{number}" if code in SYMBOLS else f"{code} {number}".strip()


def words(name: str) -> str:
    """`pricing_page` -> `Pricing page`."""
    text = plain(name).replace("_", " ").strip()
    return ACRONYMS.get(text) or text[:1].upper() + text[1:]
