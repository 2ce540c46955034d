"""What must be true when everything has drained: the first thing that is not, in words, or "".

Safety: rows, cards, moves, alerts and posts are those of the log folded once (`replay.py`); what was announced, a row
remembered before; each alert, move and post has one form; the core's invariants hold. Liveness: nobody who asked to be
woken was forgotten.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from schemas.activity import Version
from schemas.cards import AlertCard, Transition
from schemas.codec import ACCOUNT_CARD, ALERT_CARD, LEAD_CARD, POSTS, SIGNALS, TOUCHES, TRANSITION, encode
from schemas.posts import Digest, LeadNews, Post, Receipt
from schemas.touches import Tick
from streams.core.rows import ROWS, header
from tests.simulation.erasing import what_still_names_them, who_follows_them_still
from tests.simulation.log import TABLES, Log, Record, changelog
from tests.simulation.plainly import differs, told_once
from tests.simulation.replay import Heard, Replay
from tests.simulation.simulator import Simulation
from tests.unit.core.invariants import broken
from tests.unit.core.whole import WholeCore

__all__ = ["judged"]

CARDS: Final[Mapping[str, Any]] = {"leads": LEAD_CARD, "accounts": ACCOUNT_CARD, "alerts": ALERT_CARD}
INBOX_CODECS: Final[Mapping[str, Any]] = {"touches": TOUCHES, "signals": SIGNALS, "posts": POSTS}


def judged(run: Simulation, *, plainly: bool = True) -> str:
    """What is wrong, "" for nothing. `plainly`: also against what was said from outside, once and in its order."""
    replay = Replay(run.log, run.rules, published=run.published, channels=frozenset({run.channel.name}))
    outcome = _Outcome(run)
    for holds in CHECKS:
        if problem := holds(outcome, replay):
            return f"{holds.__name__}: {problem}"
    problem = differs(outcome.held, told_once(run)) if plainly and not run.published else ""
    return f"what_was_said_once_gives_the_same: {problem}" if problem else ""


class _Outcome:
    """What a run left behind."""

    def __init__(self, run: Simulation) -> None:
        self.run = run
        self.log: Log = run.log
        self.held: dict[str, dict[bytes, bytes]] = {
            table: {key: raw for worker in run.workers for key, raw in worker.tables[table].data.items()}
            for table in TABLES.values()
        }
        self.cards = {topic: _newest(run.log, topic) for topic in CARDS}
        self.told = {topic: _told(run.log, topic) for topic in INBOX_CODECS}
        self.moves = [TRANSITION.decode(one.value or b"") for one in run.log.all("transitions")]

    def shown(self) -> dict[tuple[str, str], AlertCard]:
        """The newest card of each alert that stands where a recipient was told of it, and to which no edit is owed."""
        channel = self.run.channel
        shown: dict[tuple[str, str], AlertCard] = {}
        for told in (*channel.posts.values(), *channel.edits.values()):
            if not isinstance(told, Digest):
                before = shown.setdefault((told.to, told.alert.alert_id), told.alert)
                shown[told.to, told.alert.alert_id] = max(before, told.alert, key=lambda one: one.version)
        refused = {one.to for one in self.told["posts"] if isinstance(one, Receipt) and one.outcome == "refused"}
        rows = {to: ROWS["recipients"].decode(self.held["recipients"][to.encode()]) for to, _ in shown}
        return {(to, alert_id): card for (to, alert_id), card in shown.items()
                if to not in refused and alert_id not in rows[to].edits}  # fmt: skip


def _newest(log: Log, topic: str) -> dict[str, Any]:
    """The newest version of each card, whatever order they came in: what the read model shows."""
    kept: dict[str, Any] = {}
    erased = {one.key for one in log.all(topic) if one.value is None}
    for record in (one for one in log.all(topic) if one.key not in erased):
        card, key = CARDS[topic].decode(record.value or b""), (record.key or b"").decode()
        if key not in kept or kept[key].version <= card.version:
            kept[key] = card
    return kept


def _differing(one: Mapping[Any, Any], other: Mapping[Any, Any], what: str) -> str:
    for key in sorted({*one, *other}):
        if one.get(key) != other.get(key):
            return f"{what} {key}: {str(one.get(key))[:1500]}\n  instead of {str(other.get(key))[:1500]}"
    return ""


# ─── safety


def rows_are_what_one_fold_of_the_log_gives(outcome: _Outcome, replay: Replay) -> str:
    for table, held in outcome.held.items():
        wanted = replay.rows(table)
        for key in sorted({*held, *wanted}):
            if held.get(key) != wanted.get(key):
                mine = ROWS[table].decode(held[key]) if key in held else None
                other = replay.values[table].get(key.decode())
                return f"{table} {key!r}: {_apart(str(mine), str(other))}"
    return ""


def _apart(mine: str, other: str) -> str:
    """Both texts around the first place where they differ."""
    first = next((at for at, (one, two) in enumerate(zip(mine, other, strict=False)) if one != two), 0)
    begin, end = max(0, first - 300), first + 500
    return f"... {mine[begin:end]}\n  instead of ... {other[begin:end]}"


def nobody_takes_a_row_away(outcome: _Outcome, replay: Replay) -> str:
    """A tombstone that comes late takes away what was written since."""
    gone = [(table, one.key) for table in outcome.held for one in outcome.log.all(changelog(table)) if not one.value]
    return f"tombstones {gone}" if gone else ""


def changelogs_restore_these_rows(outcome: _Outcome, replay: Replay) -> str:
    for table, held in outcome.held.items():
        kept: dict[bytes, bytes] = {}
        for one in outcome.log.all(changelog(table)):
            key, raw = one.key or b"", one.value or b""
            if key not in kept or header(kept[key]).version <= header(raw).version:
                kept[key] = raw
        if kept != held:
            return _differing(kept, held, f"changelog of {table}")
    return ""


def the_last_record_of_a_row_is_its_newest(outcome: _Outcome, replay: Replay) -> str:
    """Compaction keeps the last one: whatever somebody wrote late, the owner has written over it."""
    for table, held in outcome.held.items():
        last = {one.key or b"": one.value or b"" for one in outcome.log.all(changelog(table))}
        if last != held:
            return _differing(last, held, f"last records of {table}")
    return ""


def the_newest_cards_are_those_of_the_rows(outcome: _Outcome, replay: Replay) -> str:
    told = (_differing(cards, replay.cards[topic], topic) for topic, cards in outcome.cards.items())
    return next(filter(None, told), "")


def an_alert_is_one_accounts(outcome: _Outcome, replay: Replay) -> str:
    """Versions of two rows cannot be compared: nobody could say which card is the newest."""
    told = {alert_id: accounts for alert_id, accounts in replay.tellers.items() if len(accounts) > 1}
    return next((f"{alert_id} is told by {sorted(accounts)}" for alert_id, accounts in told.items()), "")


def every_move_is_announced_in_one_form(outcome: _Outcome, replay: Replay) -> str:
    said: dict[tuple[str, int], Transition] = {}
    for move in outcome.moves:
        if said.setdefault((move.lead_id, move.number), move) != move:
            return f"move {move.number} of {move.lead_id} in two forms"
    return _differing(said, replay.moves, "move")


def posts_are_due_once_and_none_is_missing(outcome: _Outcome, replay: Replay) -> str:
    said = {one.post_id for one in outcome.told["posts"] if isinstance(one, Post)}
    if said != replay.posts.keys():
        return f"missing {sorted(replay.posts.keys() - said)}, too many {sorted(said - replay.posts.keys())}"
    first = [one for one in replay.posts.values() if one.occasion == "raised"]
    raised = Counter((one.alert.alert_id, one.level, one.to) for one in first)
    return next((f"{name} is due {count} times" for name, count in raised.items() if count > 1), "")


def news_of_leads_are_told_in_one_form_and_none_is_missing(outcome: _Outcome, replay: Replay) -> str:
    """What rules of then announced, and died before it was said, rules of now may say nothing of."""
    said: dict[str, LeadNews] = {}
    for one in (told for told in outcome.told["posts"] if isinstance(told, LeadNews)):
        if said.setdefault(one.post_id, one) != one:
            return f"{one.kind} of {one.lead_id} in two forms"
    return "" if outcome.run.published else _differing(said, replay.news, "news")


def one_alert_an_episode(outcome: _Outcome, replay: Replay) -> str:
    raised = [(one.account_id, one.deal.deal_id, one.episode) for one in outcome.cards["alerts"].values()]
    alerts: Counter[Any] = Counter(raised)
    return next((f"{episode} has {count} alerts" for episode, count in alerts.items() if count > 1), "")


def what_is_announced_a_row_remembered_before(outcome: _Outcome, replay: Replay) -> str:
    for topic, table, codec in (("transitions", "leads", TRANSITION), ("alerts", "accounts", ALERT_CARD)):
        saved = _saved(outcome.log.all(changelog(table)))
        for record in outcome.log.all(topic):
            said: Any = codec.decode(record.value or b"")
            key = said.account_id if isinstance(said, AlertCard) else said.lead_id
            if not any(at < record.at and version >= said.version for at, version in saved.get(key, ())):
                return f"{topic} {record.key!r} of version {said.version} was out before its row"
    return ""


def _saved(records: list[Record]) -> dict[str, list[tuple[int, Version]]]:
    found: dict[str, list[tuple[int, Version]]] = {}
    for one in records:
        found.setdefault((one.key or b"").decode(), []).append((one.at, header(one.value or b"").version))
    return found


def the_invariants_of_the_core_hold(outcome: _Outcome, replay: Replay) -> str:
    core = WholeCore(outcome.run.rules)
    core.rows = {table: {key.decode(): ROWS[table].decode(raw) for key, raw in held.items()}
                 for table, held in outcome.held.items()}  # fmt: skip
    core.leads, core.accounts, core.alerts = (outcome.cards[topic] for topic in CARDS)
    core.moves = {(one.lead_id, one.number): one for one in outcome.moves}
    core.now = outcome.run.now
    return broken(core)


def what_rows_say_has_arrived(outcome: _Outcome, replay: Replay) -> str:
    """Each row's newest word to each other row lies in that row's inbox, and nothing newer."""
    heard = Heard()
    for topic in INBOX_CODECS:
        for message in outcome.told[topic]:
            heard.hear(message)
    missing = replay.heard.others - heard.others
    told = _differing(heard.standings, replay.heard.standings, "standing")
    return told or (f"nobody heard {missing}" if missing else "")


def what_became_of_alerts_stands_where_they_were_told(outcome: _Outcome, replay: Replay) -> str:
    """Unless an edit is still under way. Who was refused anything is owed no edit, though a copy of it came through."""
    for (to, alert_id), card in sorted(outcome.shown().items(), key=lambda one: one[0]):
        row = ROWS["recipients"].decode(outcome.held["recipients"][to.encode()])
        became = row.became.get(alert_id)
        stands = (card.status, card.claimed_by, card.snoozed_until, card.updates, card.hold_until)
        if became is not None and became.version > card.version and stands != (
            became.status, became.claimed_by, became.until, became.updates, became.hold_until
        ):  # fmt: skip
            return f"{to} still reads {stands} of {alert_id}, which became {became}"
    return ""


def what_is_erased_is_nowhere(outcome: _Outcome, replay: Replay) -> str:
    return what_still_names_them(outcome.run.life, outcome.held, outcome.log)


def nobody_who_is_erased_stands_where_alerts_were_told(outcome: _Outcome, replay: Replay) -> str:
    """What a channel can edit is edited; digests are not."""
    erased = sorted(getattr(outcome.run.life, "erased", ()))
    return next((f"{to} still reads of {email}: {card}" for (to, _), card in outcome.shown().items()
                 for email in erased if email.encode() in encode(card)), "")  # fmt: skip


def who_is_erased_left_every_audience(outcome: _Outcome, replay: Replay) -> str:
    """Whoever follows it was told, unless other rules put the lead out before, silently."""
    news = (one for one in outcome.told["posts"] if isinstance(one, LeadNews))
    return "" if outcome.run.published else who_follows_them_still(outcome.run.life, news)


# ─── liveness


def nobody_sleeps_past_the_time(outcome: _Outcome, replay: Replay) -> str:
    for table, held in outcome.held.items():
        for key, raw in held.items():
            wake_at = header(raw).wake_at
            if wake_at is not None and wake_at <= outcome.run.now:
                return f"{table} {key!r} wanted to be woken at {wake_at}, it is {outcome.run.now}"
    return ""


def ticks_come_once_where_nobody_crashed(outcome: _Outcome, replay: Replay) -> str:
    """Once for each time that the row came to ask: it may ask for another time and come back to the first."""
    if outcome.run.lives > 1 or not outcome.run.calm:
        return ""
    ticks = Counter((topic, one.to, one.at) for topic in INBOX_CODECS for one in outcome.told[topic]
                    if isinstance(one, Tick))  # fmt: skip
    many = (f"{(topic, to, at)} ticked {count} times" for (topic, to, at), count in ticks.items()
            if count > max(1, replay.asks[to, at]))  # fmt: skip
    return next(many, "")


def _told(log: Log, topic: str) -> list[Any]:
    """Every message of an inbox."""
    return [one for record in log.all(topic) for one in INBOX_CODECS[topic].decode(record.value or b"[]")[0]]


CHECKS: Final[tuple[Callable[[_Outcome, Replay], str], ...]] = (
    nobody_takes_a_row_away,
    nobody_sleeps_past_the_time,
    ticks_come_once_where_nobody_crashed,
    what_is_announced_a_row_remembered_before,
    rows_are_what_one_fold_of_the_log_gives,
    changelogs_restore_these_rows,
    the_last_record_of_a_row_is_its_newest,
    what_is_erased_is_nowhere,
    nobody_who_is_erased_stands_where_alerts_were_told,
    who_is_erased_left_every_audience,
    every_move_is_announced_in_one_form,
    the_newest_cards_are_those_of_the_rows,
    an_alert_is_one_accounts,
    what_rows_say_has_arrived,
    one_alert_an_episode,
    posts_are_due_once_and_none_is_missing,
    news_of_leads_are_told_in_one_form_and_none_is_missing,
    what_became_of_alerts_stands_where_they_were_told,
    the_invariants_of_the_core_hold,
)
