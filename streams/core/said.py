"""What the core tells people, as data: a text of ours with places, and what goes there.

The core speaks no language: as it is written a text is English, and it is also the key by which whoever shows it finds
the same in another one. So each is written out where it is said, where `python -m tests.words` finds it.

>>> Said("halves every %(time)s", {"time": Counted("%(n)s day", "%(n)s days", 14)}).words
'halves every 14 days'
>>> Said("hit by %(what)s", {"what": Row(("a", "b", "c"), ends="or")}).words
'hit by a, b or c'
"""

from collections.abc import Mapping
from typing import Final, Literal, Protocol, TypeAlias, Union

from msgspec import Struct

__all__ = ["Counted", "Ends", "Name", "Row", "Said", "SaidError", "Value", "Voice", "in_english", "spoken"]

Value: TypeAlias = Union[str, int, "Said", "Counted", "Row", "Name"]
"""A text without more is data: somebody's name, an address, a figure that is written already."""
Ends: TypeAlias = Literal["", "and", "or", "then"]


class Said(Struct, frozen=True):
    """A sentence, or a part of one. Without values it may also be a label of rules, which is data and has `%`."""

    text: str
    values: Mapping[str, Value] = {}

    @property
    def words(self) -> str:
        """In English."""
        return in_english(self)

    def __str__(self) -> str:
        return self.words


class SaidError(Exception):
    """What is wrong is said to a person, in any language; its text is English."""

    def __init__(self, said: Said | str) -> None:
        super().__init__(str(said))
        self.said = said if isinstance(said, Said) else Said(said)


class Counted(Struct, frozen=True):
    """So many of something: the text of one, that of many, both with `%(n)s`, and the count, whole or not."""

    one: str
    many: str
    count: float


class Row(Struct, frozen=True):
    """One after the other. `ends`: what stands before the last, "" for nothing else than between the others."""

    parts: tuple[Value, ...]
    between: str = ", "
    ends: Ends = ""


class Name(Struct, frozen=True):
    """A name out of the rules, such as `pricing`: as they write it, or what a language calls it that knows it."""

    name: str


class Voice(Protocol):
    """A language. What it does not know it says as it was given."""

    def text(self, text: str) -> str:
        """One text, its places kept."""
        ...

    def of_many(self, one: str, many: str, count: int) -> str:
        """The text for so many."""
        ...

    def name(self, name: str) -> str:
        """A name out of the rules."""
        ...


class _English:
    def text(self, text: str) -> str:
        return text

    def of_many(self, one: str, many: str, count: int) -> str:
        return one if count == 1 else many

    def name(self, name: str) -> str:
        return name


_ENGLISH: Final = _English()
_LASTS: Final[Mapping[str, Said]] = {
    "and": Said("%(others)s and %(last)s"), "or": Said("%(others)s or %(last)s"),
    "then": Said("%(others)s then %(last)s"),
}  # fmt: skip


def in_english(value: Value) -> str:
    """The words for it where nobody chose a language: commands, logs, the API."""
    return spoken(value, _ENGLISH)


def spoken(value: Value, voice: Voice) -> str:
    """The words for it."""
    match value:
        case Said(text, values):
            said = voice.text(text) if text else ""
            return said % {name: spoken(one, voice) for name, one in values.items()} if values else said
        case Counted(one, many, count):
            return voice.of_many(one, many, 1 if count == 1 else 2) % {"n": f"{count:.12g}"}
        case Row(parts, between, ends):
            last = voice.text(_LASTS[ends].text) if ends else ""
            return _in_a_row([spoken(one, voice) for one in parts], between, last)
        case Name(name):
            return voice.name(name)
    return str(value)


def _in_a_row(said: list[str], between: str, last: str) -> str:
    if not last or len(said) < 2:
        return between.join(said)
    return last % {"others": between.join(said[:-1]), "last": said[-1]}
