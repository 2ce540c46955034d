"""Fit: who somebody is. It does not fade; a trait that is unknown gives 0 and is shown as unknown."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from schemas.activity import Trait
from schemas.cards import FitLine
from schemas.ids import account_id_of
from schemas.lookups import remembered
from streams.core.rulebook.scoring_rules import Band, FitRules
from streams.core.rules import Rules

__all__ = ["Fit", "fit_of", "fits_in"]

_NOT_WORD: Final = re.compile(r"[\W_]+")
_NUMBER: Final = re.compile(r"\d[\d,.' ]*")
MAX_DIGITS: Final = 9
REMEMBERED: Final = 4_096  # distinct answers
SHARED: Final = ("title", "department", "employees", "segment", "region")  # one person's e-mail is nobody else's


class Fit(Struct, frozen=True):
    """`points` before the clamp; `company` is the part of it that belongs to the company (0-27, never below 0)."""

    points: int
    company: int
    lines: tuple[FitLine, ...]


def fit_of(traits: Mapping[str, Trait], rules: FitRules, *, said_no: Collection[str] = ()) -> Fit:
    """Points trait by trait. `said_no`: segments that we do not sell to, in lower case."""
    said = {name: trait.value for name, trait in traits.items()}
    title, email = said.get("title", ""), said.get("email", "")
    department = said.get("department", "") or title
    person = (
        FitLine(trait="seniority", value=title, points=_seniority(title, rules)),
        FitLine(trait="department", value=department,
                points=rules.department if _says(department, rules.department_words) else 0),
        FitLine(trait="email", value=email, points=_mail(email, rules)),
    )  # fmt: skip
    size, segment, region = said.get("employees", ""), said.get("segment", ""), said.get("region", "")
    company = (
        FitLine(trait="employees", value=size, points=_size(size, rules)),
        FitLine(trait="segment", value=segment, points=_segment(segment, rules, said_no)),
        FitLine(trait="region", value=region, points=rules.region if _is_one_of(region, rules.regions) else 0),
    )
    of_company = sum(line.points for line in company)
    return Fit(sum(line.points for line in person) + of_company, max(of_company, 0), person + company)


@lru_cache(8)
def fits_in(rules: Rules) -> Callable[[Mapping[str, Trait]], Fit]:
    """The function from traits to `fit_of` them by these rules: what many people share is looked up once."""
    fit_rules, said_no = rules.scoring.rules.fit, rules.segments.said_no

    @remembered("fits", most=REMEMBERED)
    def shared(*values: str) -> Fit:
        return fit_of({name: Trait(0, value) for name, value in zip(SHARED, values, strict=True)}, fit_rules,
                      said_no=said_no)  # fmt: skip

    def fit(traits: Mapping[str, Trait]) -> Fit:
        found = shared(*[traits[name][1] if name in traits else "" for name in SHARED])
        email = traits["email"][1] if "email" in traits else ""
        if not email:
            return found
        line = FitLine(trait="email", value=email, points=_mail(email, fit_rules))
        return Fit(found.points + line.points, found.company, (*found.lines[:2], line, *found.lines[3:]))

    return fit


def _mail(email: str, rules: FitRules) -> int:
    return rules.free_mail if email and account_id_of(email) is None else 0


def _segment(segment: str, rules: FitRules, said_no: Collection[str]) -> int:
    if segment.strip().casefold() in said_no:
        return rules.not_target
    return rules.segment if _is_one_of(segment, rules.segments) else 0


def _seniority(title: str, rules: FitRules) -> int:
    if not title:
        return 0
    ranks = (
        (rules.executive_words, rules.executive),
        (rules.director_words, rules.director),
        (rules.manager_words, rules.manager),
    )
    return next((points for words, points in ranks if _says(title, words)), rules.other_title)


@remembered("fit_words", most=REMEMBERED)
def _says(text: str, words: tuple[str, ...]) -> bool:
    """Whether a text holds one of these words; words of other scripts also count inside a longer one."""
    plain = f" {_NOT_WORD.sub(' ', _plain(text))} "
    return any((f" {word} " in plain) if word.isascii() else (word in plain) for word in words)


@remembered("fit_names", most=REMEMBERED)
def _is_one_of(text: str, names: tuple[str, ...]) -> bool:
    return _plain(text.strip()) in {_plain(name) for name in names} if text else False


def _plain(text: str) -> str:
    """One spelling: without case, letters whole (some systems send Hangul in parts) and of normal width."""
    return unicodedata.normalize("NFKC", text).casefold()


def _size(text: str, rules: FitRules) -> int:
    """A number, or a range such as `51-200`, whose end counts."""
    numbers = ["".join(filter(str.isdecimal, number)) for number in _NUMBER.findall(text)]
    if not numbers or len(numbers[-1]) > MAX_DIGITS:
        return 0
    employees = int(numbers[-1])
    if rules.band is not None and _inside(employees, rules.band):
        return rules.size_band
    return rules.size_adjacent if any(_inside(employees, band) for band in rules.adjacent) else 0


def _inside(number: int, band: Band) -> bool:
    return band.least <= number <= band.most
