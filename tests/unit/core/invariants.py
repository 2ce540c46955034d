"""What always holds, whatever happens in whatever order: named, and asked after every step of the machine tests.

Each takes the whole core and says what is wrong, "" for nothing.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

from schemas.cards import LeadCard
from streams.core.account.row import Account
from streams.core.activity.pages import is_counted
from streams.core.days import DAY_MS, MINUTE_MS
from streams.core.flow.ledger import Window, ledger_of
from streams.core.flow.postings import postings
from streams.core.lead import fold as lead
from streams.core.rows import ROWS
from streams.core.score.explained import explained
from streams.core.signals import fold_signals
from streams.core.stage.stages import stages_in
from tests.unit.core.made import NOW, RULES
from tests.unit.core.whole import WholeCore, moves_of

__all__ = ["INVARIANTS", "broken"]

Invariant = Callable[[WholeCore], str]
STAGES: Final = stages_in(RULES)
PROGRESS: Final = {stage.name for stage in STAGES.way}


def broken(core: WholeCore) -> str:
    """The first invariant that does not hold, with its word; "" = all hold."""
    told = ((holds.__name__, holds(core)) for holds in INVARIANTS)
    return next((f"{name}: {problem}" for name, problem in told if problem), "")


# ── scores


def lines_add_up_to_the_score(core: WholeCore) -> str:
    """The explanation is the score."""
    cards = core.leads.values()
    return _first(card.email for card in cards if sum(one.tenths for one in card.lines) != card.score_tenths)


def engagement_and_fit_keep_their_bounds(core: WholeCore) -> str:
    return _first(
        card.email
        for card in core.leads.values()
        if not -500 <= card.engagement_tenths <= 1_000
        or not 0 <= card.fit <= 50
        or card.score_tenths != card.engagement_tenths + 10 * card.fit
    )


def groups_keep_their_caps(core: WholeCore) -> str:
    for card in core.leads.values():
        sums: dict[str, int] = {}
        for line in card.lines:
            sums[line.group] = sums.get(line.group, 0) + line.tenths
        for group, cap in RULES.scoring.caps_tenths.items():
            if sums.get(group, 0) > cap:
                return f"{card.email}: {group} {sums[group]}"
    return ""


def rules_keep_no_more_than_they_may(core: WholeCore) -> str:
    for card, line in _lines(core):
        if len(line.hits) > line.keep and line.name != "mail_click":
            return f"{card.email}: {line.name} keeps {len(line.hits)} of {line.keep}"
    return ""


def no_hit_is_shown_twice(core: WholeCore) -> str:
    for card, line in _lines(core):
        ids = [hit.hit_id for hit in line.hits]
        if len(set(ids)) != len(ids):
            return f"{card.email}: {line.name}"
    return ""


def nothing_counts_before_it_happened(core: WholeCore) -> str:
    for card, line in _lines(core):
        if any(hit.at > card.as_of for hit in line.hits):
            return f"{card.email}: {line.name}"
    return ""


def nothing_counts_for_two_people(core: WholeCore) -> str:
    owners: dict[tuple[str, int], str] = {}
    for card, line in _lines(core):
        for hit in line.hits:
            if hit.points_hundredths and owners.setdefault((line.name, hit.hit_id), card.lead_id) != card.lead_id:
                return f"hit {hit.hit_id} of {line.name}"
    return ""


def what_is_set_aside_gives_nothing(core: WholeCore) -> str:
    for card, line in _lines(core):
        if any(hit.set_aside and hit.points_hundredths for hit in line.hits):
            return f"{card.email}: {line.name}"
    return ""


def nothing_known_is_lost(core: WholeCore) -> str:
    """Every page that was read at a browser at which somebody is known is on some card, while so few are (8 a day)."""
    shown = {page.hit_id for card in core.leads.values() for page in card.pages}
    read = [
        (visitor_id, page.hit_id)
        for visitor_id, row in core.rows["visitors"].items()
        for owner, one in row.by_lead.items() if owner
        for page in one.pages if is_counted(page, RULES.scoring)
    ]  # fmt: skip
    for visitor_id in core.rows["visitors"] if len(read) <= 8 else ():
        kept = {hit_id for whose, hit_id in read if whose == visitor_id}
        if not kept <= shown:
            return f"{visitor_id} has {len(kept - shown)} pages that nobody shows"
    return ""


def scores_fall_when_they_say(core: WholeCore) -> str:
    """Above the threshold until `falls_below_at`, and told only by who is above."""
    for card in core.leads.values():
        if card.falls_below_at is None:
            continue
        if card.score_tenths < card.threshold_tenths or card.falls_below_at <= card.as_of - MINUTE_MS:
            return f"{card.email} falls at {card.falls_below_at}"
    return ""


def hot_is_what_the_threshold_says(core: WholeCore) -> str:
    """On from the threshold, off below its share; between them as it was; nobody at an end is hot."""
    for card in core.leads.values():
        at_end = card.stage == "dead_end" or card.merged_into
        if card.hot and (at_end or card.score_tenths < card.cools_below_tenths):
            return f"{card.email} is hot at {card.score_tenths}"
        if not card.hot and not at_end and card.score_tenths >= card.threshold_tenths:
            return f"{card.email} is not hot at {card.score_tenths}"
    return ""


def every_score_can_be_told_in_words(core: WholeCore) -> str:
    return _first(card.email for card in core.leads.values() if f"{card.score_tenths / 10:.1f}" not in explained(card))


# ── stages


def moves_are_one_chain(core: WholeCore) -> str:
    """Numbered without a gap, each from where the one before led to, never back in time."""
    for lead_id, card in core.leads.items():
        moves = moves_of(core, lead_id)
        if [one.number for one in moves] != list(range(1, len(moves) + 1)):
            return f"{card.email}: numbers {[one.number for one in moves]}"
        for one, following in pairwise(moves):
            if following.from_stage != one.to_stage or following.effective_at < one.effective_at:
                return f"{card.email}: {one} then {following}"
        if moves and moves[-1].to_stage != card.stage:
            return f"{card.email}: the card says {card.stage}, the log {moves[-1].to_stage}"
    return ""


def every_move_has_its_arrow_and_its_rules(core: WholeCore) -> str:
    return _first(
        f"{one.from_stage} -> {one.to_stage} via {one.via}"
        for one in core.moves.values()
        if not one.rules_version or (not one.rule_id and one.via != "correction")
    )


def passed_stages_lie_on_the_way(core: WholeCore) -> str:
    for one in core.moves.values():
        if not set(one.skipped) <= PROGRESS or {one.from_stage, one.to_stage} & set(one.skipped):
            return f"{one.from_stage} -> {one.skipped} -> {one.to_stage}"
    return ""


def sub_stages_belong_to_their_stage(core: WholeCore) -> str:
    having = {"meeting": {"accepted", "booked", "held"}, "consultation": {"watch", "active"}}
    return _first(
        f"{card.email}: {card.stage}.{card.sub_stage}"
        for card in core.leads.values()
        if card.sub_stage and card.sub_stage not in having.get(card.stage, set())
    )


def open_deals_put_people_into_consultation(core: WholeCore) -> str:
    for card in core.leads.values():
        statuses = {deal.status for deal in card.deals}
        if card.merged_into or "won" in statuses:
            continue
        if "open" in statuses and card.stage != "consultation":
            return f"{card.email} stands in {card.stage}"
    return ""


def won_stays_won(core: WholeCore) -> str:
    return _first(
        f"{card.email} stands in {card.stage}"
        for card in core.leads.values()
        if not card.merged_into and any(deal.status == "won" for deal in card.deals) and card.stage != "won"
    )


def holds_stop_mail(core: WholeCore) -> str:
    """Who is held back in recycling is not written to for as long."""
    for card in core.leads.values():
        held = card.stage in ("recycle_a", "recycle_b") and (card.hold_until or 0) > card.as_of
        if held and (card.mail_stop_until or 0) < (card.hold_until or 0):
            return f"{card.email}: hold {card.hold_until}, mail stop {card.mail_stop_until}"
    return ""


def only_sla_stages_have_a_clock(core: WholeCore) -> str:
    for card in core.leads.values():
        if card.due_at is not None and STAGES.by_name[card.stage].kind != "sla":
            return f"{card.email}: due in {card.stage}"
        if card.overdue and (card.due_at is None or card.due_at > card.as_of):
            return f"{card.email}: overdue before its time"
    return ""


def books_reconcile(core: WholeCore) -> str:
    """Opening + in = out + closing, whatever the window."""
    booked = list(postings(core.moves.values()))
    windows = (Window(0), Window(NOW, NOW + 2 * DAY_MS))
    return _first(f"{window}" for window in windows if not ledger_of(booked, window, STAGES).reconciles)


# ── who is who


def absorbed_people_stand_for_nobody(core: WholeCore) -> str:
    gone = {card.lead_id for card in core.leads.values() if card.merged_into}
    for account_id, card in core.accounts.items():
        if shown := gone & {one.lead_id for one in card.members}:
            return f"{account_id} shows {shown}"
    return _first(card.email for card in core.leads.values() if card.merged_into and card.score_tenths)


def nobody_is_merged_in_a_circle(core: WholeCore) -> str:
    for card in core.leads.values():
        seen, into = {card.lead_id}, card.merged_into
        while into and into in core.leads:
            if into in seen:
                return f"{card.email} comes back to itself"
            seen.add(into)
            into = core.leads[into].merged_into
    return ""


def proven_is_only_what_was_proven(core: WholeCore) -> str:
    """Nothing that a browser key says alone is shown as proven."""
    for card in core.leads.values():
        if card.trust == "proven" and card.visitors and not card.aliases:
            known = core.rows["leads"][card.lead_id].sources.values()
            if not any(part.body is not None and part.body.trust == "proven" for part in known):
                return card.email
    return ""


# ── accounts and alerts


def accounts_show_their_people_only(core: WholeCore) -> str:
    for account_id, card in core.accounts.items():
        own = {one.lead_id for one in core.leads.values() if account_id in {one.account_id, *_accounts_of(one)}}
        if strangers := {one.lead_id for one in card.members} - own:
            return f"{account_id} shows {strangers}"
    return ""


def roll_ups_are_between_the_strongest_and_all(core: WholeCore) -> str:
    for account_id, card in core.accounts.items():
        row = core.rows["accounts"][account_id]
        warm = [max(one.engagement_tenths, 0) for one in _counting(row)]
        if not max(warm, default=0) <= card.engagement_tenths <= 1_000:
            return f"{account_id}: {card.engagement_tenths} of {warm}"
    return ""


def accounts_stand_where_their_furthest_stands(core: WholeCore) -> str:
    for account_id, card in core.accounts.items():
        best = max((STAGES.rank(one.stage) for one in card.members if one.stage), default=None)
        if best is not None and STAGES.rank(card.stage) < best:
            return f"{account_id} stands in {card.stage}"
    return ""


def strengths_are_the_sum_of_their_lines(core: WholeCore) -> str:
    for card in core.accounts.values():
        if (told := card.strength) is not None:
            total = sum(line.strength for line in told.lines)
            if told.strength != (total // 2 if told.halved else total) or any(
                line.strength > line.most for line in told.lines
            ):
                return f"{card.account_id}: {told}"
    return ""


def open_alerts_watch_a_lost_deal(core: WholeCore) -> str:
    for alert in core.alerts.values():
        deal = core.rows["accounts"].get(alert.deal.deal_id)
        if alert.status in ("open", "claimed", "snoozed") and deal is not None and deal.deal.status != "lost":
            return f"{alert.status} while the deal is {deal.deal.status}"
    return ""


def a_deal_has_one_open_alert(core: WholeCore) -> str:
    working = [one.deal.deal_id for one in core.alerts.values() if one.status in ("open", "claimed", "snoozed")]
    return _first(deal_id for deal_id in working if working.count(deal_id) > 1)


def nothing_is_delivered_twice(core: WholeCore) -> str:
    """One post through one channel once."""
    sent = [(due.channel, due.post) for due in core.dues]
    keys = [(channel, getattr(post, "post_id", None) or getattr(post, "digest_id", None)) for channel, post in sent]
    return _first(f"{key}" for key in keys if keys.count(key) > 1)


# ── rows


def rows_survive_being_written(core: WholeCore) -> str:
    """What is read back is what was written."""
    return _first(f"{table} {key}" for table, key, row in _rows(core) if _written(table, row) != row)


_SETTLED: Final[dict[int, tuple[Any, Any]]] = {}  # rows that were asked, with what they say: rows are values


def nothing_new_changes_nothing(core: WholeCore) -> str:
    """A fold without a message leaves the row as it is, and says the same card again."""
    for table, key, row in _rows(core):
        if table not in ("leads", "accounts"):
            continue
        held = _SETTLED.get(id(row))
        if held is None or held[0] is not row:
            fold = lead.fold if table == "leads" else fold_signals
            again = fold(key, row, [], version=row.version, rules=core.rules)
            if again.row != row:
                return f"{table} {key}"
            held = _SETTLED[id(row)] = (row, again.effects.leads)
        if any(one != core.leads[key] for one in held[1]):
            return f"the card of {key}"
    return ""


def wakes_lie_ahead(core: WholeCore) -> str:
    """No row asks to be woken in its own past."""
    return _first(
        f"{table} {key}" for table, key, row in _rows(core) if row.wake_at is not None and row.wake_at <= row.as_of
    )


def rows_are_small(core: WholeCore) -> str:
    """A visitor of a story stays under 8 kB, everybody else under 32: nothing grows without a bound."""
    for table, key, row in _rows(core):
        if len(ROWS[table].encode(row)) > (8_000 if table == "visitors" else 32_000):
            return f"{table} {key}: {len(ROWS[table].encode(row))} bytes"
    return ""


def _first(problems: Iterator[str] | Any) -> str:
    return next(iter(problems), "")


def _lines(core: WholeCore) -> Iterator[tuple[LeadCard, Any]]:
    for card in core.leads.values():
        yield from ((card, line) for line in card.lines if line.kind == "rule")


def _rows(core: WholeCore) -> Iterator[tuple[str, str, Any]]:
    for table, rows in core.rows.items():
        yield from ((table, key, row) for key, row in rows.items())


def _written(table: str, row: Any) -> Any:
    return ROWS[table].decode(ROWS[table].encode(row))


def _accounts_of(card: LeadCard) -> set[str]:
    return {deal.account_id for deal in card.deals}


def _counting(row: Any) -> list[Any]:
    """Members that count for the roll-up."""
    if not isinstance(row, Account):
        return []
    bodies = [part.body for part in row.members.values()]
    return [one for one in bodies if one is not None and not one.dead_end and not one.silenced]


INVARIANTS: Final[tuple[Invariant, ...]] = (
    lines_add_up_to_the_score,
    engagement_and_fit_keep_their_bounds,
    groups_keep_their_caps,
    rules_keep_no_more_than_they_may,
    no_hit_is_shown_twice,
    nothing_counts_before_it_happened,
    nothing_counts_for_two_people,
    what_is_set_aside_gives_nothing,
    nothing_known_is_lost,
    scores_fall_when_they_say,
    hot_is_what_the_threshold_says,
    every_score_can_be_told_in_words,
    moves_are_one_chain,
    every_move_has_its_arrow_and_its_rules,
    passed_stages_lie_on_the_way,
    sub_stages_belong_to_their_stage,
    open_deals_put_people_into_consultation,
    won_stays_won,
    holds_stop_mail,
    only_sla_stages_have_a_clock,
    books_reconcile,
    absorbed_people_stand_for_nobody,
    nobody_is_merged_in_a_circle,
    proven_is_only_what_was_proven,
    accounts_show_their_people_only,
    roll_ups_are_between_the_strongest_and_all,
    accounts_stand_where_their_furthest_stands,
    strengths_are_the_sum_of_their_lines,
    open_alerts_watch_a_lost_deal,
    a_deal_has_one_open_alert,
    nothing_is_delivered_twice,
    rows_survive_being_written,
    nothing_new_changes_nothing,
    wakes_lie_ahead,
    rows_are_small,
)
