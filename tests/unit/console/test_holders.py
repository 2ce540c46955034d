"""A reload or a bookmark of an address where a form goes leads to the page that holds the form."""

import pytest

from tests.unit.console.samples import ALERT_ID, LEAD_ID, Samples
from tests.unit.console.visitor import Visitor, signed_in


@pytest.mark.parametrize(
    ("address", "page"),
    [
        (f"/leads/{LEAD_ID}/disposition", f"/leads/{LEAD_ID}"),
        (f"/leads/{LEAD_ID}/checks", f"/leads/{LEAD_ID}"),
        (f"/leads/{LEAD_ID}/undo", f"/leads/{LEAD_ID}"),
        ("/leads/a%20lead%3Fx=1/undo", "/leads/a%20lead%3Fx=1"),
        (f"/alerts/{ALERT_ID}/claim", f"/alerts/{ALERT_ID}"),
        ("/supply/approve/90", "/supply"),
        (f"/rules/review/{LEAD_ID}", "/rules/review"),
        ("/rejected/0:0/preview", "/rejected/0:0"),
        ("/channels/slack/test", "/channels"),
        ("/me/theme", "/me"),
    ],
)
def test_where_a_form_goes_leads_to_the_page_that_holds_it(
    visitor: Visitor, filled: Samples, address: str, page: str
) -> None:
    signed_in(visitor, "operator")
    answer = visitor.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, page)


def test_a_form_that_every_page_holds_leads_nowhere(visitor: Visitor, filled: Samples) -> None:
    signed_in(visitor, "operator")
    assert visitor.get("/logout").status_code == 405
