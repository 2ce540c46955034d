"""What a card is found by: the beginnings of the words of a name, of an e-mail, of a domain.

All text is brought to one form first: compatible characters to one, no case, no accents, Korean syllables apart into
their letters. So `asa` finds Åsa, composed and decomposed input is the same, and every state of a Korean word that
is being typed (기, 김, 김미, 김민) is a beginning of the whole.

>>> terms_of("Mara Lindqvist", "mara.lindqvist@northwind.example")
('mara', 'lindqvist', 'maralindqvist', 'mara.lindqvist@northwind.example', 'northwind.example')
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from schemas.codec import Codec

__all__ = ["LONGEST", "MOST", "SEPARATOR", "account_terms", "folded", "lead_terms", "terms_of", "words_of"]

SEPARATOR: Final = "\0"  # between terms, and between a term and the id; no term contains it
MOST: Final = 8  # terms of one card
LONGEST: Final = 48  # characters of a term
READ: Final = 200  # characters of a name or an address that are looked at
_WORDS: Final = re.compile(r"[^\s\0-\x1f\x7f,;/|()\[\]{}<>\"'`_:@+-]+")
_SYLLABLES: Final = re.compile("[\uac00-\ud7a3]{3,5}")


class _Lead(Struct, frozen=True):
    name: str
    email: str


class _Account(Struct, frozen=True):
    name: str
    account_id: str


_LEAD: Final[Codec[_Lead]] = Codec(_Lead)
_ACCOUNT: Final[Codec[_Account]] = Codec(_Account)


def folded(text: str) -> str:
    """In the form in which texts are compared."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(one for one in apart if unicodedata.category(one) not in ("Mn", "Cc", "Cf", "Cs"))


def words_of(text: str) -> tuple[str, ...]:
    """The words of a name or of a question, folded; none is empty."""
    return tuple(word[:LONGEST] for word in _WORDS.findall(folded(text[:READ])))


def terms_of(name: str, address: str) -> tuple[str, ...]:
    """Each once, at most `MOST`. `address` is an e-mail or a domain."""
    found = dict.fromkeys(one for one in _terms(name, address) if one)
    return tuple(found)[:MOST]


def lead_terms(body: bytes) -> tuple[str, ...]:
    """Of a lead's card. Raises Undecodable."""
    card = _LEAD.decode(body)
    return terms_of(card.name, card.email)


def account_terms(body: bytes) -> tuple[str, ...]:
    """Of an account's card: most ids are domains. Raises Undecodable."""
    card = _ACCOUNT.decode(body)
    return terms_of(card.name, card.account_id)


def _terms(name: str, address: str) -> Iterator[str]:
    words = words_of(name)
    yield from words[:3]
    if len(words) > 1:
        yield "".join(words)[:LONGEST]  # as it is typed without spaces
    local, at, domain = (one.strip() for one in _plain(address).rpartition("@"))
    yield f"{local}{at}{domain}"[:LONGEST]
    yield domain[:LONGEST]
    yield from _given_names(name)
    if not words:
        yield from (one for one in re.split(r"[._+-]", local)[1:3])


def _given_names(name: str) -> Iterator[str]:
    """A Korean name without its family name, as colleagues say it: 민수 of 김민수."""
    for syllables in _SYLLABLES.findall(unicodedata.normalize("NFC", name[:READ])) if not name.isascii() else ():
        yield folded(syllables[1:])


def _plain(address: str) -> str:
    return "".join(folded(address[:READ]).split()).replace(SEPARATOR, "")
