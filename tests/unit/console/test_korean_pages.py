"""No English is left on a page in Korean, but names, figures and what people or their rules wrote."""

from collections.abc import Iterator
from itertools import chain

import msgspec
import pytest

from schemas.codec import encode
from streams.console.tongue import tongue_of
from streams.readmodel.writer import Projection
from tests.unit.console.folded_lead import ADA, BO, People
from tests.unit.console.korean import foreign, foreign_in, written_in
from tests.unit.console.lead_samples import HOUR
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


@pytest.mark.parametrize("merged", [False, True])
def test_a_lead_that_was_talked_to_is_in_korean(
    visitor: Visitor, projection: Projection, samples: Samples, merged: bool
) -> None:
    """What sales said, moves with their proof, mails, checks, another person."""
    people = People(samples.now).came()
    people.says("accepted", ago=2 * HOUR).says("booked", ago=HOUR, until=samples.now - HOUR).says("held", ago=HOUR)
    people.says("attempt").mailed("delivered", ago=HOUR).mailed("clicked", ago=HOUR)
    if merged:
        people.came(BO, name="Bo Vance", visitor="v-phone").merged(BO, ADA)
    card = people.card()
    projection.write(leads=[(card.lead_id, encode(card))])
    projection.beat(people.now)
    signed_in(visitor, "operator")
    written = (*written_in(card), *SIGNED_IN, "Lea Brandt", "same signature", "v-laptop", "v-phone", "unknown")
    for path in (f"/leads/{ADA}", f"/leads/{ADA}/merge?q=bo", f"/leads/{ADA}/browser?visitor=v-laptop"):
        assert foreign(visitor, path, written=written) == set(), path


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
    for text in ("2 of 3", "Pricing page", "open", "Heading of Production", "48 s", "재방문 3 d"):
        assert foreign_in(page.format(text), written=written) == {text}
