"""What is ahead at a lost account: the end of its hold, and of its contract with a rival. Told to whose deal it is.

Said when it changes, and no more than that: the recipient's row knows when to tell. Times are UTC milliseconds.
"""

from typing import Final

from msgspec.structs import replace

from schemas.activity import Version
from schemas.deals import DealFacts
from schemas.posts import Outlook
from streams.core.account.row import Account, Looked
from streams.core.account.view import AccountView
from streams.core.days import DAY_MS
from streams.core.returns.strength import CUSTOMER, OPEN_DEAL, lost_at
from streams.core.rules import Rules
from streams.core.stage.holds import hold_of_loss

__all__ = ["looked_ahead", "outlooks_of"]

MAX_OUTLOOKS: Final = 8
GRACE_MS: Final = 7 * DAY_MS  # what is over longer is ahead no more


def looked_ahead(row: Account, view: AccountView, *, version: Version, rules: Rules) -> Account:
    """The row with what it said last to whom: nothing to those whose deal it is no longer. People are left out."""
    deal = view.deal if view.not_candidate not in (CUSTOMER, OPEN_DEAL) else None
    dates = (None, None) if deal is None else _dates(deal, as_of=row.as_of, rules=rules)
    if not row.outlooks and dates == (None, None):
        return row
    to = "" if deal is None or dates == (None, None) else _owner(deal, rules)
    said = {to: Looked(version, replace(deal, people=()), *dates, row.as_of)} if to and deal is not None else {}
    gone = {who: Looked(version, None, at=row.as_of) for who in row.outlooks if who != to}
    fresh = {who: one for who, one in (gone | said).items() if _differs(one, row.outlooks.get(who))}
    if not fresh:
        return row
    newest = sorted((row.outlooks | fresh).items(), key=lambda item: (item[1].version, item[0]), reverse=True)
    return replace(row, outlooks=dict(sorted(newest[:MAX_OUTLOOKS])))


def outlooks_of(key: str, row: Account, *, name: str, since: Version) -> tuple[Outlook, ...]:
    """What a message of version `since` (or a later one) changed. `name` is the account's."""
    return tuple(
        Outlook(
            to=to,
            account_id=key,
            account_name=name if one.deal is not None else "",
            version=one.version,
            at=one.at or row.as_of,
            deal=one.deal,
            hold_ends_at=one.hold_ends_at,
            contract_ends_at=one.contract_ends_at,
        )
        for to, one in row.outlooks.items()
        if one.version >= since
    )


def _dates(deal: DealFacts, *, as_of: int, rules: Rules) -> tuple[int | None, int | None]:
    """Ends of the hold and of the contract, None where there is none ahead."""
    ends_at, over = hold_of_loss(deal, rules.stages), as_of - GRACE_MS
    hold_ends_at = ends_at if ends_at > lost_at(deal) else None
    return (
        None if hold_ends_at is None or hold_ends_at <= over else hold_ends_at,
        None if deal.contract_ends_at is None or deal.contract_ends_at <= over else deal.contract_ends_at,
    )


def _owner(deal: DealFacts, rules: Rules) -> str:
    """Whose deal it is, while that is somebody who sells; else the team."""
    owner = deal.owner
    return owner.recipient_id if owner and rules.routing.is_active(owner.recipient_id) else rules.routing.rules.team


def _differs(one: Looked, held: Looked | None) -> bool:
    """Whether it says something else."""
    return held is None or replace(one, version=held.version, at=held.at) != held
