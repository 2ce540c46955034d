"""In which language a console speaks, and how it says something in it. A text's key is its English.

A text is marked where it is written, `N_("...")`, and translated where it is shown. One that has values in it is a
`Filled`: English for whoever just reads it, and still to be said in any language. What the core says is `Said`.
"""

from collections.abc import Callable, Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Final, Literal, TypeAlias, get_args

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from streams.core.alert.said import in_korean
from streams.core.said import Counted, Name, Row, Said, SaidError, spoken
from streams.core.written import words

__all__ = [
    "COOKIE", "ENGLISH", "LANGUAGES", "NN_", "N_", "Filled", "Language", "Spoken", "Text", "Tongue", "chosen_by",
    "filled", "keep_language", "language_named", "language_of", "said_of", "tongue_of",
]  # fmt: skip

Language: TypeAlias = Literal["en", "ko"]
Text: TypeAlias = str | Said | Counted | Row | Name
"""What can be said: a text of ours, or what the core says."""
LANGUAGES: Final[Mapping[Language, str]] = {"en": "English", "ko": "한국어"}
"""Each by its own name."""
COOKIE: Final = "leadstream_language"
KEPT_S: Final = 365 * 24 * 3_600
DOMAIN: Final = "leadstream"
LONGEST_ASK: Final = 1_000  # characters of a header that are looked at


class Filled(str):
    """A text of ours with its values, in English; `msgid` and `values` say it anew in another language."""

    __slots__ = ("msgid", "values")
    msgid: str
    values: Mapping[str, object]


def N_(text: str) -> str:  # noqa: N802 - the name by which catalogues find it
    """Marks a text as one to be translated where it is shown."""
    return text


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 - the same
    """Marks a text of one and of many."""
    return one, many


def filled(msgid: str, **values: object) -> Filled:
    """A text of ours with values; of these, what is `Filled`, `Spoken` or of the core is said, all else is data."""
    made = Filled(msgid % values if values else msgid)
    made.msgid, made.values = msgid, values
    return made


def said_of(error: Exception) -> Text:
    """What an error says: in any language where it is one of the core's, else as it is."""
    return error.said if isinstance(error, SaidError) else str(error)


class Tongue(Struct, frozen=True):
    """One language. `say` a text, `many` of something."""

    language: Language
    translate: Callable[[str], str]
    many: Callable[[str, str, int], str]

    def say(self, text: Text) -> str:
        """In this language; what the catalogue does not know, as it is."""
        if not isinstance(text, str):
            return spoken(text, self)
        if not isinstance(text, Filled):
            return self.translate(text) if text else ""
        said = self.translate(text.msgid)
        return said % {name: self._value(one) for name, one in text.values.items()} if text.values else said

    def text(self, text: str) -> str:
        """A text of the core, or of the rules that come with us."""
        said = self.translate(text)
        return (in_korean(text) or text) if said == text and self.language == "ko" else said

    def of_many(self, one: str, many: str, count: int) -> str:
        """The same for so many."""
        return self.many(one, many, count)

    def name(self, name: str) -> str:
        """A name out of the rules: readable where the catalogue knows it, else as they write it."""
        readable = words(name)
        if self.language == "en" or not readable:
            return name
        said = self.translate(readable)
        return said if said != readable or (readable.isupper() and len(readable) > 1) else name

    def _value(self, value: object) -> object:
        if isinstance(value, Spoken):
            return value.said(self)
        return self.say(value) if isinstance(value, Filled | Said | Counted | Row | Name) else value


class Spoken:
    """A value that is written otherwise in each language, such as a date."""

    def said(self, tongue: Tongue) -> str:
        """In this language."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.said(ENGLISH)


@cache
def tongue_of(language: Language) -> Tongue:
    """The language with its catalogue, read once."""
    found = NullTranslations()
    if language != "en":
        place = files("streams.console.words").joinpath(language, "LC_MESSAGES", f"{DOMAIN}.mo")
        with place.open("rb") as catalogue:
            found = GNUTranslations(catalogue)
    return Tongue(language, found.gettext, found.ngettext)


ENGLISH: Final = tongue_of("en")


def language_named(text: str) -> Language | None:
    """The language of this name; None for what is none."""
    return next((one for one in get_args(Language) if one == text), None)


def chosen_by(request: Request) -> Language | None:
    """What this browser was told, None for nothing."""
    return language_named(request.cookies.get(COOKIE, ""))


def language_of(request: Request) -> Language:
    """What this browser was told, else the first of those that it asks for which we have, else English."""
    return chosen_by(request) or _asked(request.headers.get("accept-language", "")) or "en"


def keep_language(answer: Response, language: Language | None, *, secure: bool) -> None:
    """Puts the choice on an answer. None: as the browser asks."""
    if language is None:
        answer.delete_cookie(COOKIE, secure=secure, httponly=True, samesite="lax")
    else:
        answer.set_cookie(COOKIE, language, max_age=KEPT_S, secure=secure, httponly=True, samesite="lax")


def _asked(header: str) -> Language | None:
    """`ko-KR,ko;q=0.9,en;q=0.8`: by weight, then by place."""
    wishes = []
    for place, one in enumerate(header[:LONGEST_ASK].split(",")):
        tag, _, weight = one.partition(";")
        language = language_named(tag.strip().partition("-")[0].lower())
        if language is not None and _weight(weight) > 0:
            wishes.append((-_weight(weight), place, language))
    return min(wishes)[2] if wishes else None


def _weight(text: str) -> float:
    name, _, value = text.replace(" ", "").partition("=")
    try:
        return min(max(float(value), 0.0), 1.0) if name == "q" else 1.0
    except ValueError:
        return 0.0
