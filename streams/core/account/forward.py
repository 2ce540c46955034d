"""An account's row that turned out to be another account: a CRM id whose domain is known, a company's other domain.

It forwards what it holds to that account's row and tells the deals that name it where they belong; their people hear it
from the deals. It shows nothing itself meanwhile. A domain forwards at most to the first domain of its company, which
forwards to nobody, so there is never a circle.
"""

from msgspec.structs import replace

from schemas.activity import Version
from schemas.ids import is_crm_account, registrable_domain
from schemas.signals import AccountForward, DealAddress, Signal
from streams.core.account.companies import company_of, held_by
from streams.core.account.row import Account, Episode, Forwarding
from streams.core.alert.ends import DEAL_LEFT
from streams.core.parts import addressed, to_withdraw, withdrawn_at
from streams.core.rules import Rules

__all__ = ["forwarded", "forwards_of"]


def forwarded(key: str, row: Account, *, version: Version, rules: Rules) -> Account:
    """The row, with the account that it turns out to be; the same object where that is as before.

    Alerts stay where they were raised: open ones are closed there, and what was claimed or closed is not told again
    where the deal goes.
    """
    domain = _belongs_to(key, row, rules)
    if domain == ("" if row.forward is None else row.forward.domain):
        return row
    resets: dict[str, int] = {}
    for one in row.episodes:
        if (at := _settled_at(one)) is not None:
            resets[one.deal_id] = max(at, resets.get(one.deal_id, 0))
    forwards = addressed(row.forwards, {domain} - {""}, version=version)
    return replace(
        row,
        forward=Forwarding(version, row.as_of, domain, resets if domain else {}),
        forwards=forwards,
        withdrawn_at=withdrawn_at(row.withdrawn_at, forwards, version=version, as_of=row.as_of),
    )


def forwards_of(key: str, row: Account, *, since: Version) -> tuple[Signal, ...]:
    """What the row says to the account that it is, to former ones, and to its deals."""
    if row.forward is None:
        return ()
    held = held_by(row)
    said: list[Signal] = [
        AccountForward(
            to=to, account_id=key, version=row.version, as_of=row.as_of, domain=to, records=held.records,
            intent=held.intent,
        )
        for to, withdrawn in row.forwards.items()
        if withdrawn is None
    ]  # fmt: skip
    said += [
        AccountForward(to=to, account_id=key, version=row.forwards[to] or row.version,
                       as_of=row.withdrawn_at.get(to, row.as_of), domain="")
        for to in to_withdraw(row.forwards, version=since)
    ]  # fmt: skip
    # The version of the decision and not the row's: the deal answers, and the answer must not be answered for ever.
    # Deals that left hear it too: a worker that ends before it is said says it when the deal may have left already.
    decided = row.forward
    said += [
        DealAddress(
            to=deal_id, account_id=key, version=decided.version, as_of=decided.as_of, domain=decided.domain,
            reset_at=decided.resets.get(deal_id, 0),
        )
        for deal_id in row.deals
    ]  # fmt: skip
    return tuple(said)


def _settled_at(episode: Episode) -> int | None:
    """When somebody took it, or it came to an end of its own. That the deal went elsewhere first settles nothing."""
    return episode.card.claimed_at if episode.card.closed_reason == DEAL_LEFT else episode.reset_at


def _belongs_to(key: str, row: Account, rules: Rules) -> str:
    """The account that a row turns out to be, "" for itself. Free mail is no account, whatever a CRM says."""
    if is_crm_account(key):
        domain = company_of(row.records.values(), rules).domain
        found = registrable_domain(domain) if domain else None
        return "" if found is None else rules.routing.company(found)
    company = rules.routing.company(key)
    return "" if company == key else company
