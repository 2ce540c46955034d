"""No English is left on a page in Korean, but names, figures and what people or their rules wrote."""

from collections.abc import Iterator
from itertools import chain

import msgspec
import pytest

from streams.console.tongue import tongue_of
from tests.unit.console.korean import foreign, foreign_in, written_in
from tests.unit.console.samples import ALERT_ID, Samples
from tests.unit.console.test_pages import ACCOUNT, LEAD
from tests.unit.console.visitor import Visitor, signed_in

EMPTY = ("/", "/closed", "/leads", "/accounts", "/rejected", "/channels", "/audiences", "/debugger", "/search", "/me",
         "/login", "/flow", "/supply", "/users")  # fmt: skip
FULL = ("/", "/closed", f"/alerts/{ALERT_ID}", "/alerts/al_digest", "/alerts/al_held", "/alerts/al_claimed", "/leads",
        LEAD, f"{LEAD}/merge", f"{LEAD}/unmerge", f"{LEAD}/erase", f"{LEAD}/browser?visitor=b7c8e1f0-laptop",
        "/accounts", ACCOUNT, "/accounts/tern-optics.example", "/rejected", "/rejected/0:0", "/rejected/0:2",
        "/search?q=north", "/search?q=zzz", "/nothing-here")  # fmt: skip
SIGNED_IN = ("Ines Duarte", "north", "zzz", "Web cap")


def words_of(samples: Samples) -> Iterator[str]:
    """All that cards say."""
    for _, card in chain.from_iterable(samples.entries().values()):
        yield from written_in(msgspec.json.decode(bytes(card)))


@pytest.mark.parametrize("path", EMPTY)
def test_a_page_without_data_is_in_korean(visitor: Visitor, path: str) -> None:
    if path != "/login":
        signed_in(visitor, "operator")
    assert foreign(visitor, path, written=SIGNED_IN) == set()


@pytest.mark.parametrize("path", FULL)
def test_a_page_with_data_is_in_korean(visitor: Visitor, filled: Samples, path: str) -> None:
    signed_in(visitor, "operator")
    assert foreign(visitor, path, written=(*words_of(filled), *SIGNED_IN)) == set()


def test_what_is_left_in_english_is_found(
    visitor: Visitor, filled: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text whose translation is gone, and what no text was made of."""
    signed_in(visitor, "operator")
    assert "Northwind Robotics" in foreign(visitor, "/", written=())
    korean = tongue_of("ko").translate.__self__._catalog  # type: ignore[attr-defined]
    monkeypatch.delitem(korean, "Lost deals whose company is back on your site.")
    monkeypatch.delitem(korean, "Person of the lost deal is back")
    written = (*words_of(filled), *SIGNED_IN)
    assert foreign(visitor, "/", written=written) == {
        "Lost deals whose company is back on your site.", "Person of the lost deal is back",
    }  # fmt: skip


def test_a_word_of_data_excuses_none_of_ours() -> None:
    page = '<html lang="ko"><p>{}</p>'
    written = tuple(written_in({"title": "Head of Production", "label": "Pricing page", "stage": "open"}))
    assert written == ("Head of Production",)
    assert foreign_in(page.format("제품 Head of Production, 3월"), written=written) == set()
    for text in ("2 of 3", "Pricing page", "open", "Heading of Production"):
        assert foreign_in(page.format(text), written=written) == {text}
