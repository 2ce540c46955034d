"""An alert of nobody, to see whether a channel works: it says that it is a test, and its account does not exist.

The command line and the worker, which the console asks, try a channel by the same way.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from schemas.activity import Version
from schemas.cards import AlertCard, ReturnStrength
from schemas.deals import DealFacts
from schemas.posts import Post
from streams.channels.base import Channel
from streams.channels.delivery import DEADLINE_S
from streams.channels.errors import ChannelBusy, ChannelError, ChannelRefused, NoAddress
from streams.channels.words.message import Words
from streams.core.recipient.channel_state import MACHINES, Trial, TrialKind, TrialResult
from streams.core.routing import Routing
from streams.core.rules import Rules

__all__ = ["NotTried", "trial_post", "tried", "try_channel"]

ACCOUNT: Final = "test.invalid"  # RFC 2606: nobody's
LONGEST: Final = 300  # characters of what a receiver said


class NotTried(ChannelError):
    """Nothing was sent: `kind` says whether a machine reads there, or it is not set up here."""

    def __init__(self, kind: TrialKind, why: str) -> None:
        super().__init__(why)
        self.kind = kind


async def try_channel(channels: Mapping[str, Channel], rules: Rules, *, name: str, to: str, now_ms: int) -> None:
    """Send one message that says it is a test. `to`: an e-mail, `team:name`, or "" for the team of routing.toml.

    Raises NotTried, ChannelBusy, ChannelRefused.
    """
    if name in MACHINES:
        raise NotTried("machine", f"{name}: a machine reads there and would act on a test; look at its own log")
    if name not in channels:
        raise NotTried("not_set_up", f"{name} is not set up here; set up are: {', '.join(channels) or 'none'}")
    recipient = rules.naming.recipient_of(to) if "@" in to else to or rules.routing.rules.team
    try:
        async with asyncio.timeout(DEADLINE_S):
            await channels[name].deliver(trial_post(rules.routing, recipient, now_ms=now_ms))
    except TimeoutError as error:
        raise ChannelBusy(retry_after_s=0, detail=f"no answer within {DEADLINE_S:g} s") from error


async def tried(channels: Mapping[str, Channel], rules: Rules, trial: Trial, *, worker: str,
                now_ms: int) -> TrialResult:  # fmt: skip
    """The same as a result that can be shown; a channel's own bug is one too."""
    kind: TrialKind = "taken"
    said, status = "", 0
    try:
        await try_channel(channels, rules, name=trial.channel, to=trial.to, now_ms=now_ms)
    except NotTried as error:
        kind, said = error.kind, str(error)
    except NoAddress as error:
        kind, said = "no_address", str(error)
    except ChannelRefused as error:
        kind, said, status = "refused", str(error), error.status
    except ChannelError as error:
        kind, said = "busy", str(error)
    except Exception as error:  # noqa: BLE001  a channel's bug must not end the worker
        kind, said = "failed", type(error).__name__
    return TrialResult(
        trial_id=trial.trial_id, channel=trial.channel, kind=kind, said=said[:LONGEST], status=status, at=now_ms,
        worker=worker,
    )  # fmt: skip


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
