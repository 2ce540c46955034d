"""Each text of the console has its translation, which keeps its places; what is compiled is what is written."""

from copy import deepcopy
from functools import cache

import pytest
from babel.messages.catalog import Catalog

from streams.console.tongue import LANGUAGES as SPOKEN
from tests.words.catalogue import (
    LANGUAGES,
    Text,
    as_mo,
    as_po,
    catalogue,
    compiled,
    faults,
    merged,
    place_of,
    said_in,
    texts,
)


@cache
def wanted() -> set[Text]:
    """All texts: looking for them takes a second, which whoever only collects tests need not wait for."""
    return texts()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_has_its_translation(language: str) -> None:
    assert faults(catalogue(language), wanted()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_is_kept_as_make_words_writes_it(language: str) -> None:
    made = merged(catalogue(language), wanted())
    assert as_po(made) == place_of(language, "po").read_bytes()
    assert as_mo(made) == compiled(language), "run make words"


def test_each_language_that_one_may_choose_has_a_catalogue() -> None:
    assert set(SPOKEN) - {"en"} == set(LANGUAGES)


def test_texts_are_found_where_they_are_marked() -> None:
    assert {"Inbox", "Nobody is back yet", "Please say who it is about.", "Nobody is known by this id."} <= wanted()
    assert ("Back after %(n)s day", "Back after %(n)s days") in wanted()
    assert {"Lead gained", "Pricing page", "No budget yet", "Anonymous visitor from the company's network"} <= wanted()


def test_what_the_core_says_is_found_one_within_another_too() -> None:
    source = """
Said("all: %(one)s", {"one": Row((Said("a " "part"), Counted("%(n)s day", "%(n)s days", n)))})
Said(rule.label)
Said(FILE, path, f"a finding of line {n}")
"""
    assert set(said_in(source)) == {"all: %(one)s", "a part", ("%(n)s day", "%(n)s days")}
    assert {"R of %(real_time)s or more: real time. R of %(digest)s or more: digest. Below: shown on the card only.",
            "Kafka has no topic %(topic)s. Make it: leadstream topics apply"} <= wanted()  # fmt: skip


@pytest.mark.parametrize("source", ['Said(f"R of {r}")', 'Said("a" if b else "c")', 'Said("a" + b)'])
def test_a_text_that_no_catalogue_can_have_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="no text"):
        list(said_in(source))


@pytest.mark.parametrize(
    ("string", "said"),
    [
        ("", "no translation"), ("빈 곳", "other placeholders"), ("%(m)s건", "other placeholders"),
        ("%(n)s %(n)s", ""), ("%(n)s건", ""), ("%(n)s%", "other placeholders"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_translation_is_said(string: str, said: str) -> None:
    made = Catalog(locale="ko")
    made.add("%(n)s kept", string=string)
    found = faults(made, {"%(n)s kept"})
    assert [one.split(":")[0] for one in found] == ([said] if said else [])


def test_a_text_that_is_gone_or_only_guessed_at_is_said() -> None:
    made = Catalog(locale="ko")
    made.add("kept", string="보관", flags=["fuzzy"])
    made.add("gone", string="없음")
    found = faults(made, {"kept", "new"})
    assert [one.split(":")[0] for one in found] == ["no translation", "no such text any more", "fuzzy"]
    again = merged(deepcopy(made), {"kept", "new"})
    assert [one for one in faults(again, {"kept", "new"}) if "any more" in one] == []
