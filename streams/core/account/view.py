"""All that follows from an account's parts at its `as_of`: its people, deals, roll-up, and how far it is back."""

from msgspec import Struct

from schemas.cards import MemberCard, ReturnStrength
from schemas.deals import DealFacts, Owner
from schemas.signals import Intent, Member
from streams.core.account.companies import CompanyFacts, company_of, held_by
from streams.core.account.known_deals import deals_at
from streams.core.account.row import Account, Rest
from streams.core.days import DAY_MS
from streams.core.parts import live
from streams.core.returns.doings import Counted, counted, is_on
from streams.core.returns.strength import candidate, counted_from, decisive, strength
from streams.core.rules import Rules

__all__ = ["AccountView", "member_cards", "view_of"]


class AccountView(Struct, frozen=True, kw_only=True):
    """An account as its parts show it. `strength` is None where no return is watched for.

    `everybody` holds the silenced too, who are in no score and no alert; `members` does not. A row that forwards to
    another account shows nobody and nothing.
    """

    everybody: dict[str, Member]
    members: dict[str, Member]
    rest: dict[str, Rest]
    networks: dict[str, Member]
    company: CompanyFacts
    intent: Intent | None
    deals: tuple[DealFacts, ...]
    deal: DealFacts | None  # the freshest lost one
    not_candidate: str
    counted: Counted
    strength: ReturnStrength | None

    @property
    def owner(self) -> Owner | None:
        """Who has the account, as the CRM says."""
        return self.company.owner

    @property
    def region(self) -> str:
        """Where the company is, as the CRM says."""
        return self.company.region

    @property
    def is_customer(self) -> bool:
        """Whether it bought, or a CRM says so."""
        return self.company.customer or any(deal.status == "won" for deal in self.deals)


def view_of(key: str, row: Account, rules: Rules) -> AccountView:
    """What the row shows at its `as_of`."""
    if row.forward is not None and row.forward.domain:
        row = Account(row.version, row.as_of, records=row.records, episodes=row.episodes)
    everybody, networks, held = live(row.members), live(row.networks), held_by(row)
    members = {who: one for who, one in everybody.items() if not one.silenced}
    deals, company = deals_at(key, row.deals), company_of(held.records, rules)
    deal = decisive(deals)
    excluded = bool(rules.routing.set_aside_account(key))
    why = candidate(deals, as_of=row.as_of, rules=rules.returns, customer=company.customer, excluded=excluded)
    found, strong = Counted(), None
    if deal is not None and not why:
        since = counted_from(deal, as_of=row.as_of, reset_at=_reset_at(row, deal), rules=rules.returns)
        found = counted(
            members, deal, since=since, day_of=rules.site.day_of, networks=networks,
            left_out={who for who, until in row.left_out.items() if until > row.as_of},
        )  # fmt: skip
        strong = strength(found, deal, as_of=row.as_of, since=since, rules=rules.returns)
    return AccountView(
        everybody=everybody, members=members, rest=live(row.rest), networks=networks, company=company,
        intent=held.intent, deals=deals, deal=deal, not_candidate=why, counted=found, strength=strong,
    )  # fmt: skip


def _reset_at(row: Account, deal: DealFacts) -> int | None:
    """When the last alert of this deal was claimed or closed, here or where it was before its domain was known."""
    resets = [one.reset_at for one in row.episodes if one.deal_id == deal.deal_id and one.reset_at is not None]
    return max(resets if deal.reset_at is None else [*resets, deal.reset_at], default=None)


def member_cards(row: Account, view: AccountView, rules: Rules) -> tuple[MemberCard, ...]:
    """The people, those of the deal first, then the strongest."""
    since = row.as_of - rules.returns.window_days * DAY_MS if view.strength is None else view.strength.counted_from
    deals = view.deals
    cards = [
        _card(lead_id, one, on_deal=bool(deals) and any(is_on(deal, lead_id, one) for deal in deals), since=since)
        for lead_id, one in view.members.items()
    ]
    return tuple(sorted(cards, key=lambda card: (not card.on_deal, -card.score_tenths, card.lead_id)))


def _card(lead_id: str, member: Member, *, on_deal: bool, since: int) -> MemberCard:
    active_days, last_active_at = 0, None
    for day in member.days:
        if day.active:
            at = day.at
            last_active_at = at if last_active_at is None or at > last_active_at else last_active_at
            active_days += at > since
    return MemberCard(
        lead_id=lead_id,
        name=member.name,
        email=member.email,
        title=member.title,
        trust=member.trust,
        stage=member.stage,
        score_tenths=member.score_tenths,
        grade=member.grade,
        on_deal=on_deal,
        active_days=active_days,
        last_active_at=last_active_at,
        reasons=member.reasons,
    )
