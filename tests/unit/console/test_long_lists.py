"""Leads and accounts beyond the first page: nobody is out of reach, and a page says of how many it is one."""

import pytest
from msgspec.structs import replace

from schemas.codec import encode
from streams.console.paging import LIST, turned
from streams.readmodel.writer import Projection
from tests.unit.console.samples import Samples
from tests.unit.console.test_pages import said
from tests.unit.console.visitor import Visitor

MANY = 2 * LIST + 50


@pytest.fixture
def many(projection: Projection, samples: Samples) -> None:
    """As many leads and accounts, the one with the greatest number first."""
    lead, account = samples.lead(), samples.account()
    leads = [replace(lead, lead_id=f"lead-{n}", name=f"Person-{n:03}", score_tenths=n) for n in range(MANY)]
    accounts = [
        replace(account, account_id=f"{n}.example", name=f"Company-{n:03}", engagement_tenths=n) for n in range(MANY)
    ]
    projection.write(
        leads=[(one.lead_id, encode(one)) for one in leads],
        accounts=[(one.account_id, encode(one)) for one in accounts],
    )
    projection.beat(samples.now)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("path", "name"), [("/leads", "Person"), ("/accounts", "Company")])
def test_every_one_is_on_one_page(rep: Visitor, path: str, name: str) -> None:
    pages = [said(rep.get(f"{path}?page={page}").text) for page in (1, 2, 3)]
    shown = [sorted({n for n in range(MANY) if f"{name}-{n:03}" in page}, reverse=True) for page in pages]
    assert [n for page in shown for n in page] == list(range(MANY - 1, -1, -1))
    assert "Page 2 of 3, 250 in all" in pages[1]
    assert f'href="{path}?page=3"' in rep.get(f"{path}?page=2").text
    assert f'href="{path}?page=1"' in rep.get(f"{path}?page=2").text


@pytest.mark.usefixtures("many")
def test_a_page_that_is_not_there_any_more_is_the_last_one(rep: Visitor) -> None:
    assert "Page 3 of 3" in said(rep.get("/leads?page=9").text)
    assert "Page 1 of 3" in said(rep.get("/leads?page=-1").text)


def test_what_fits_on_one_page_has_no_pages(rep: Visitor, filled: Samples) -> None:
    for path in ("/leads", "/accounts"):
        assert "Page 1" not in said(rep.get(path).text)
    assert turned("7", total=0).start == 0
