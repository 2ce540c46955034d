"""Random mail events, confirmations and orders of void, that meet every limit: few messages, links and moments."""

from typing import Any, Final

from hypothesis import strategies as st

from schemas.touches import Confirmation, MailEvent, VoidOrder
from tests.unit.core.made import ANN, DAY, MINUTE, NOW, confirmed, mailed
from tests.unit.core.told import hash_of

MESSAGES: Final = ("m1", "m2", "m3")
KINDS: Final = ("sent", "delivered", "opened", "bounced", "replied", "unsubscribed", "subscribed", "hidden_link")
moments = st.builds(
    lambda day, apart: NOW - day * DAY - apart,
    st.integers(0, 9), st.sampled_from((0, 400, 1_500, 10 * MINUTE, 40 * MINUTE)),
)  # fmt: skip


@st.composite
def clicks(draw: st.DrawFn) -> MailEvent:
    message, link = draw(st.sampled_from(MESSAGES)), draw(st.sampled_from(("1", "2")))
    return mailed("clicked", draw(moments), message, link=link, click_id=draw(click_ids),
                  sign=draw(st.sampled_from(("", "", "", "head"))))  # fmt: skip


@st.composite
def others(draw: st.DrawFn) -> MailEvent:
    kind: Any = draw(st.sampled_from(KINDS))
    return mailed(kind, draw(moments), draw(st.sampled_from(MESSAGES)), permanent=draw(st.booleans()))


@st.composite
def confirmations(draw: st.DrawFn) -> Confirmation:
    touched, dwell_ms = draw(st.integers(0, 1)), draw(st.sampled_from((4_999, 5_000, 30_000)))
    return confirmed(draw(click_ids), draw(moments), dwell_ms=dwell_ms, touched=touched)


@st.composite
def void_orders(draw: st.DrawFn) -> VoidOrder:
    """About a page, a form or a request that told_at_random may tell of."""
    at = NOW - draw(st.integers(0, 2)) * DAY
    what: dict[str, Any] = draw(st.sampled_from((
        {"hit_id": hash_of("/pricing", at)}, {"hit_id": hash_of("form", at)}, {"milestone_id": f"r{NOW}"},
    )))  # fmt: skip
    return VoidOrder(to=ANN, at=at, actor="olga", reason=draw(st.sampled_from(("a test", "ours"))), **what)


click_ids = st.sampled_from([f"{ANN}.{n}" for n in range(3)])
mail = st.lists(st.one_of(clicks(), clicks(), confirmations(), others()), max_size=40)
voids = st.lists(void_orders(), max_size=3)
