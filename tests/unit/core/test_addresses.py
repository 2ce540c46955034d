"""What an address says, and whether anything had happened by a time: look-ups that spare the fold its work."""

import pytest

from schemas.activity import Hit, PageSeen
from schemas.mail import NO_MAIL
from streams.core.activity.together import Doings, begun_by
from streams.core.events.addresses import addresses_in
from streams.core.mail.kept import heard_mail
from tests.unit.core import told
from tests.unit.core.made import MINUTE, NOW, RULES, mailed

ADDRESS = addresses_in(RULES).of


@pytest.mark.parametrize("more", ["", "?utm_source=LinkedIn&utm_medium=CPC", f"?utm_source=LinkedIn&x={'y' * 600}"])
def test_an_address_says_path_kind_and_campaign_whether_it_is_remembered_or_not(more: str) -> None:
    url = f"https://acme.example/pricing/{more}"
    for _ in range(2):
        address = ADDRESS(url)
        assert (address.path, address.kind) == ("/pricing", "pricing")
        marks = dict(address.marks)
        assert marks.get("utm_source") == ("linkedin" if more else None)
        assert ("utm_medium" in marks) is more.endswith("CPC")


@pytest.mark.parametrize(("dwell_ms", "hits"), [(None, True), (0, False), (30_000, True)])
def test_a_page_hits_what_it_was_read_long_enough_for(dwell_ms: int | None, hits: bool) -> None:
    page = ADDRESS("/pricing").seen(NOW, 5, dwell_ms=dwell_ms, interactions=2)
    assert page == PageSeen(NOW, 5, "/pricing", "pricing", dwell_ms, 2)
    assert type(page) is PageSeen
    found = ADDRESS("/pricing").hits(page)
    assert ("pricing_page" in found) is hits
    assert all(kept == (Hit(NOW, 5, "/pricing"),) and type(kept[0]) is Hit for kept in found.values())


@pytest.mark.parametrize(
    ("doings", "at"),
    [
        (Doings({"v1": told.did(told.read("/", NOW))}), NOW),
        (Doings({"v1": told.did(points=told.hits("form", NOW))}), NOW),
        (Doings({"v0": told.did(), "v1": told.did(told.read("/", NOW), told.read("/", NOW + 2 * MINUTE))}), NOW),
    ],
)
def test_something_had_happened_from_its_first_moment_on(doings: Doings, at: int) -> None:
    assert begun_by(doings, at)
    assert not begun_by(doings, at - 1)


def test_mails_are_looked_at_whenever_they_came() -> None:
    assert begun_by(Doings({}, heard_mail(NO_MAIL, [mailed("clicked", NOW)], RULES)), 0)
