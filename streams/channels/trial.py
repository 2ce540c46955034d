"""An alert of nobody, to see whether a channel works: it says that it is a test, and its account does not exist."""

from typing import Final

from schemas.activity import Version
from schemas.cards import AlertCard, ReturnStrength
from schemas.deals import DealFacts
from schemas.posts import Post
from streams.channels.words import Words
from streams.core.routing import Routing

__all__ = ["trial_post"]

ACCOUNT: Final = "test.invalid"  # RFC 2606: nobody's


def trial_post(routing: Routing, to: str, *, now_ms: int) -> Post:
    """Each is a post of its own: a channel that knows posts by id shows every one."""
    words = Words(routing)
    name = words.text(to, "test_subject")
    deal = DealFacts(
        deal_id="test", status="lost", account_id=ACCOUNT, account_name=name, reported_at=now_ms, lost_at=now_ms
    )
    card = AlertCard(
        alert_id=f"al_test_{now_ms}",
        version=Version(0, 0),
        as_of=now_ms,
        rules_version="",
        account_id=ACCOUNT,
        account_name=name,
        episode=1,
        level="real_time",
        status="open",
        raised_at=now_ms,
        real_time_at=now_ms,
        updates=0,
        strength=ReturnStrength(strength=0, lines=(), halved=False, counted_from=now_ms, level=None),
        fast_pass=False,
        deal=deal,
        other_deals=(),
        people=(),
        pages=(),
        back_after_days=None,
        next_act=words.text(to, "test"),
        hold_until=None,
        human=True,
        recipient=None,
    )
    return Post(to=to, post_id=f"po_test_{now_ms}", level="real_time", at=now_ms, alert=card)
