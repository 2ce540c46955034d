"""Fit: who they are, trait by trait; what is unknown gives nothing and says so."""

import unicodedata

import pytest
from msgspec.structs import replace

from schemas.activity import Trait
from streams.core.score.fit import fit_of
from tests.unit.core.made import RULES

FIT = RULES.scoring.rules.fit


def points(**said: str) -> dict[str, int]:
    told = fit_of({name: Trait(1, value) for name, value in said.items()}, FIT)
    assert told.points == sum(line.points for line in told.lines)
    return {line.trait: line.points for line in told.lines if line.points}


@pytest.mark.parametrize(
    ("title", "seniority"),
    [
        ("CEO", 15), ("Chief Revenue Officer", 15), ("VP Sales", 15), ("vice president, EMEA", 15), ("대표이사", 15),
        ("Director of Marketing", 12), ("Head of IT", 12), ("Team Manager", 8), ("마케팅팀장", 8), ("Engineer", 4),
        ("Coordinator", 4), ("Director's assistant", 12), ("", 0),
        ("부사장", 15), ("회장", 15), ("영업 상무", 15), ("전무이사", 15), ("마케팅본부장", 12), ("영업이사", 12),
        ("기술연구센터장", 12), ("영업부장", 8), ("과장", 8), ("대리", 4), ("사원", 4),
        (unicodedata.normalize("NFD", "마케팅팀장"), 8), ("\uff23\uff25\uff2f", 15),
        ("Product Owner", 4), ("Partner Manager", 8),
    ],
)  # fmt: skip
def test_seniority_follows_the_words_of_the_title(title: str, seniority: int) -> None:
    """Ask A41."""
    assert points(title=title).get("seniority", 0) == seniority


@pytest.mark.parametrize(
    ("employees", "size"),
    [("50", 12), ("1000", 12), ("51-200", 12), ("1,000", 12), ("49", 6), ("10-49", 6), ("5000", 6), ("9", 0),
     ("10000+", 0), ("many", 0), ("", 0), ("9" * 400, 0)],
)  # fmt: skip
def test_company_size_counts_in_the_band_and_half_beside_it(employees: str, size: int) -> None:
    assert points(employees=employees).get("employees", 0) == size


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"department": "Marketing"}, {"department": 8}),
        ({"title": "Marketing Manager"}, {"seniority": 8, "department": 8}),
        ({"title": "Manager", "department": "Catering"}, {"seniority": 8}),
        ({"department": "영업팀"}, {"department": 8}),
        ({"segment": "Growth"}, {"segment": 10}),
        ({"segment": " growth "}, {"segment": 10}),
        ({"segment": "other"}, {}),
        ({"email": "ann@gmail.com"}, {"email": -10}),
        ({"email": "ann@acme.example"}, {}),
        ({}, {}),
    ],
)
def test_other_traits_give_their_points(said: dict[str, str], expected: dict[str, int]) -> None:
    assert points(**said) == expected


def test_unknown_traits_are_shown_as_unknown() -> None:
    told = fit_of({}, FIT)
    assert {line.trait: line.value for line in told.lines} == {
        "seniority": "", "department": "", "email": "", "employees": "", "segment": "", "region": "",
    }  # fmt: skip


def test_the_companys_part_of_fit_is_told_apart() -> None:
    told = fit_of({"title": Trait(1, "CEO"), "employees": Trait(1, "80"), "segment": Trait(1, "growth")}, FIT)
    assert (told.points, told.company) == (37, 22)


def test_the_most_that_fit_can_be_is_fifty_and_the_company_s_part_27() -> None:
    """Ask A41: who fits stands in one file."""
    rules = replace(FIT, regions=("KR",))
    said = {"title": "Chief Marketing Officer", "employees": "80", "segment": "growth", "region": "kr"}
    told = fit_of({name: Trait(1, value) for name, value in said.items()}, rules)
    assert (told.points, told.company) == (50, 27)
    free = fit_of({name: Trait(1, value) for name, value in (said | {"email": "a@naver.com"}).items()}, rules)
    assert (free.points, free.company) == (40, 27)
