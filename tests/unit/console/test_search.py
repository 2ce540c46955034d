"""The search field and its page: what they show, and that they say hostile text as plain text."""

import pytest
from msgspec.structs import replace

from schemas.codec import encode
from streams.readmodel.writer import Projection
from tests.unit.console.samples import HOSTILE, LEAD_ID, Samples
from tests.unit.console.test_pages import read, said
from tests.unit.console.test_without_redis import client as client_without_redis
from tests.unit.console.visitor import Visitor

AS_ONE_TYPES = {"hx-request": "true"}
client = client_without_redis


def test_people_and_companies_are_found_on_a_page_of_their_own(rep: Visitor, filled: Samples) -> None:
    answer = rep.get("/search", params={"q": "northwind"})
    assert answer.status_code == 200
    page = read(answer.text)
    assert {f"/leads/{LEAD_ID}", "/accounts/northwind-robotics.example"} <= set(page.addresses)
    assert "Results for “northwind”" in said(answer.text)
    assert "Tern Optics" not in said(answer.text)


def test_as_one_types_only_the_results_come(rep: Visitor, filled: Samples) -> None:
    answer = rep.get("/search", params={"q": "mar"}, headers=AS_ONE_TYPES)
    assert "<html" not in answer.text
    assert f"/leads/{LEAD_ID}" in read(answer.text).addresses
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("text", "shown"), [("", "Whom do you look for?"), ("nobody", "Nothing found")])
def test_nothing_found_says_what_can_be_found(rep: Visitor, filled: Samples, text: str, shown: str) -> None:
    assert shown in said(rep.get("/search", params={"q": text}).text)
    part = said(rep.get("/search", params={"q": text}, headers=AS_ONE_TYPES).text)
    assert ("begins with “nobody”" in part) == bool(text)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("headers", [AS_ONE_TYPES, {}], ids=["part", "page"])
def test_hostile_names_and_questions_are_plain_text(
    rep: Visitor, projection: Projection, samples: Samples, text: str, headers: dict[str, str]
) -> None:
    lead = replace(samples.lead(), name=f"mara {text}")
    projection.write(leads=[(lead.lead_id, encode(lead))])
    for asked in ("mara", text):
        answer = rep.get("/search", params={"q": asked}, headers=headers)
        page = read(answer.text)
        assert text in " ".join(page.text)
        assert not page.tags & {"style", "iframe", "svg"}
        assert not [name for name in page.attributes if name.startswith("on")]
        assert all(one.startswith("/") for one in page.addresses)


def test_the_field_is_on_every_page_and_names_its_key(rep: Visitor, filled: Samples) -> None:
    assert 'aria-keyshortcuts="/"' in rep.get("/leads").text


def test_who_is_not_signed_in_finds_nobody(visitor: Visitor, filled: Samples) -> None:
    assert visitor.get("/search", params={"q": "mara"}).status_code == 303
    assert visitor.get("/search", params={"q": "mara"}, headers=AS_ONE_TYPES).status_code == 401


def test_without_redis_it_says_so(client: Visitor) -> None:
    assert "Nothing can be shown just now" in client.get("/search", params={"q": "mara"}).text
