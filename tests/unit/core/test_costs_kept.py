"""Costs are replaced, and what their operator wrote beside them stays."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.core.flow.costs import Cost, costs_in, text_of
from streams.core.flow.costs_kept import rewritten
from tests.unit.core.made import RULES

RETURNS = RULES.returns
TEXT = """# Marketing spend of 2026. Ask Anna before you change fairs.

# stand and travel, invoice 4711
[[cost]]
medium = "fair"           # as leads have it
program = "expo-26"
from = 2026-03-01
to = 2026-03-10
amount = 12_000.00        # net

[[cost]]   # monthly
amount = 4200
medium = 'search'
from = 2026-03-01
to = 2026-03-31
note = "a # b"            # the agency's number

# Kim's idea
[[cost]]
medium = "radio"
from = 2026-04-01
amount = 90

# the rest comes in May
"""
FAIR, SEARCH, RADIO = costs_in(TEXT, RETURNS)
NEW = Cost(medium="social", amount=640.0, first=date(2026, 5, 1))


def after(*wanted: Cost, text: str = TEXT) -> str:
    made = rewritten(text, costs_in(text, RETURNS), wanted)
    assert tuple(costs_in(made, RETURNS)) == wanted
    return made


def test_what_stays_keeps_its_lines_and_a_new_one_comes_behind() -> None:
    assert after(FAIR, SEARCH, RADIO) == TEXT
    assert after(FAIR, SEARCH, RADIO, NEW) == f"{TEXT}\n{text_of([NEW])}"


def test_a_changed_amount_changes_that_line_alone() -> None:
    made = after(replace(FAIR, amount=13_500.5), SEARCH, RADIO)
    assert made == TEXT.replace("12_000.00        # net", "13500.5        # net")


def test_labels_come_and_go_with_their_comments_kept() -> None:
    made = after(FAIR, replace(SEARCH, note="", currency="USD", last=date(2026, 3, 30)), RADIO)
    assert "[[cost]]   # monthly\n" in made
    assert 'currency = "USD"\n' in made
    assert "to = 2026-03-30\n" in made
    assert "\n# the agency's number\n" in made
    assert "a # b" not in made


def test_of_one_that_is_gone_the_comments_stay_at_the_end() -> None:
    made = after(SEARCH)
    assert made.startswith("# Marketing spend of 2026. Ask Anna before you change fairs.\n\n[[cost]]   # monthly\n")
    assert made.endswith(
        "\n\n# stand and travel, invoice 4711\n# as leads have it\n# net\n# Kim's idea\n# the rest comes in May\n"
    )
    assert after(text=made).count("#") == 8  # that of the header, too


def test_the_order_is_that_of_the_request() -> None:
    made = after(RADIO, FAIR, SEARCH)
    assert made.index("# Kim's idea\n[[cost]]") < made.index("invoice 4711\n[[cost]]") < made.index("# monthly")


def test_two_bills_that_look_the_same_keep_a_block_each() -> None:
    text = "".join(f"# number {n}\n[[cost]]\nmedium = 'x'\nfrom = 2026-01-01\namount = 1\n\n" for n in (1, 2))
    one = costs_in(text, RETURNS)[0]
    assert after(one, replace(one, amount=2.0), text=text).count("# number") == 2


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "cost = []\n"])
def test_a_file_without_bills_gets_them(text: str) -> None:
    made = rewritten(text, costs_in(text, RETURNS), [NEW])
    assert made.endswith(text_of([NEW]))
    assert all(line in made for line in text.splitlines() if line.startswith("#"))


LABELS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6)
COSTS = st.builds(
    Cost, medium=LABELS.filter(bool), note=LABELS, program=LABELS, amount=st.floats(0, 1e6), currency=st.none(),
    first=st.dates(date(2026, 1, 1), date(2026, 1, 3)), last=st.none(),
)  # fmt: skip


@given(st.lists(COSTS, max_size=4), st.lists(COSTS, max_size=4), st.booleans())
def test_whatever_our_own_files_say_the_answer_says_what_was_wanted(
    held: list[Cost], more: list[Cost], turned: bool
) -> None:
    wanted = [*held[::2], *(replace(one, amount=one.amount + 1) for one in held[1::2]), *more]
    made = rewritten(text_of(held), held, wanted[::-1] if turned else wanted)
    assert list(costs_in(made, RETURNS)) == (wanted[::-1] if turned else wanted)
