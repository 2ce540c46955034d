"""Random doings of one browser, that meet every limit: a property that never does proves nothing.

Few pages, days and people, so that walks overflow; times that differ by little, so that the same page is told at two
times; copies and resends.
"""

from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies as st

from schemas.delivery import Delivery
from streams.core.events.facts import Facts, Ordered
from tests.unit.core.made import DAY, HOUR, NAMING, NOW, alias, delivery, engaged, facts, identify, page, track

PATHS: Final = ("/", "/pricing", "/products/a", "/compare/x", "/security", "/careers/dev", "/team", "/legal")
PEOPLE: Final = ("ann@acme.example", "ben@acme.example", "cem@acme.example")

# Few moments: on four days, some a few milliseconds apart, some on both sides of midnight.
moments = st.builds(
    lambda day, hour, apart: NOW - day * DAY - hour * HOUR - apart,
    st.integers(0, 3), st.sampled_from((0, 1, 9, 10, 11)), st.sampled_from((0, 1, 250)),
)  # fmt: skip
latencies: st.SearchStrategy[int] = st.sampled_from((0, 40, 900))


@st.composite
def page_events(draw: st.DrawFn) -> dict[str, Any]:
    path, at, n = draw(st.sampled_from(PATHS)), draw(moments), draw(st.integers(0, 2))
    if draw(st.booleans()):
        return page(path, at, n)
    dwell_ms, touched = draw(st.sampled_from((0, 5_000, 10_000, 30_000))), draw(st.integers(0, 2))
    return engaged(path, at, n, dwell_ms=dwell_ms, touched=touched)


@st.composite
def other_events(draw: st.DrawFn) -> dict[str, Any]:
    at = draw(moments)
    match draw(st.sampled_from(("form", "request", "file", "nothing"))):
        case "form":
            return track("form_submitted", at, form="newsletter", n=draw(st.integers(0, 2)))
        case "request":
            return track("form_submitted", at, form=draw(st.sampled_from(("quote", "demo"))))
        case "file":
            return track("file_downloaded", at, asset=draw(st.sampled_from("ABC")), n=draw(st.integers(0, 1)))
        case _:
            return track("something_else", at)


@st.composite
def identify_events(draw: st.DrawFn, people: Sequence[str] = PEOPLE) -> dict[str, Any]:
    """With an e-mail, a user id, both, or neither."""
    traits: dict[str, Any] = {"title": draw(st.sampled_from(("Manager", "Director")))} if draw(st.booleans()) else {}
    if draw(st.integers(0, 3)):
        traits["email"] = draw(st.sampled_from(people))
    user = draw(st.sampled_from((None, None, "u1", "u2")))
    return identify(draw(moments), user=user, **traits)


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    """Received soon or late; the latency makes one event's time differ from delivery to delivery.

    Some senders say no time of sending, and their clock is ahead: all their times are ours.
    """
    if not draw(st.integers(0, 5)):
        return delivery(at=NOW - 5 * DAY + draw(latencies), sent_at=None)
    sent_at = NOW + draw(st.integers(0, 2)) * HOUR
    return delivery(at=sent_at + draw(latencies), sent_at=sent_at)


@st.composite
def messages(draw: st.DrawFn, events: st.SearchStrategy[dict[str, Any]]) -> Facts:
    return facts(draw(events), draw(deliveries()))


@st.composite
def alias_events(draw: st.DrawFn) -> dict[str, Any]:
    """Of a user id, now and then of one that is none."""
    users = st.sampled_from(("u1", "u2", "u3", "v1", "null"))
    return alias(draw(users), draw(users), draw(moments))


@st.composite
def orders(draw: st.DrawFn) -> Facts:
    """An operator says of one of the people that it is not, or is, this one."""
    leads = [*(NAMING.lead_of_email(one) for one in PEOPLE), NAMING.lead_of_user("u1")]
    said = Ordered(draw(st.sampled_from(leads)), draw(moments), draw(st.sampled_from(("allow", "deny", "deny"))))
    return Facts(to="v1", received_at=NOW, at=said.at, orders=(said,))


anonymous_events = st.one_of(page_events(), page_events(), other_events())
anonymous = messages(anonymous_events)
anything = st.one_of(
    messages(st.one_of(page_events(), page_events(), page_events(), other_events(), identify_events())),
    messages(st.one_of(page_events(), identify_events(), alias_events())),
    orders(),
)
of_one_person = messages(st.one_of(page_events(), page_events(), other_events(), identify_events(PEOPLE[:1])))


@st.composite
def arrivals(draw: st.DrawFn, sent: Sequence[Facts]) -> list[list[Facts]]:
    """The same messages shuffled, some twice, in blocks."""
    copies = draw(st.lists(st.sampled_from(sent), max_size=4)) if sent else []
    shuffled = draw(st.permutations([*sent, *copies]))
    blocks: list[list[Facts]] = [[]]
    for message in shuffled:
        if draw(st.booleans()):
            blocks.append([])
        blocks[-1].append(message)
    return [block for block in blocks if block]
