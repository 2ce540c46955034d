"""Was it a person who clicked? A verdict is derived and never stored: from clicks, confirmations and `as_of`.

First line that holds: `human`, the web tracker saw somebody behind the click; `machine`, by a sign; `pending`, too
young to tell; `probable_human`. Any may still change when more is known, and its points with it.
"""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Final, Literal, NamedTuple, TypeAlias

from schemas.ids import message_hash_of
from schemas.lookups import remembered
from schemas.mail import Click, Confirmed, Mail
from streams.core.rulebook.mail_rules import MailRules

__all__ = ["Judge", "Judged", "Verdict"]

Verdict: TypeAlias = Literal["human", "machine", "pending", "probable_human"]
CERTAIN: Final[Mapping[str, str]] = {
    "bot": "known bot", "head": "asked for the head only", "no_user_agent": "no user agent", "prefetch": "prefetched",
}  # fmt: skip
_BEST_FIRST: Final[Mapping[Verdict, int]] = {"human": 3, "probable_human": 2, "pending": 1, "machine": 0}


class Judged(NamedTuple):
    """One click with its verdict and the reason in words. `settles_at`: when a pending one is young no longer."""

    click: Click
    verdict: Verdict
    reason: str
    settles_at: int | None = None


class _Seen(NamedTuple):
    """All that a verdict may rest on: what had happened by then."""

    clicks: tuple[Click, ...]
    confirmations: tuple[Confirmed, ...]
    traps: tuple[Click, ...]
    delivered: Mapping[int, int]  # earliest kept time by message
    opened: Mapping[int, int]


class Judge:
    """`[mail]` of scoring.toml made ready. Immutable but for its look-up cache."""

    __slots__ = ("_networks", "_trust_of", "rules")

    def __init__(self, rules: MailRules) -> None:
        self.rules = rules
        self._networks = tuple(
            (ip_network(text, strict=False), one.trust)
            for one in rules.network if one.scope != "opens" for text in one.ranges
        )  # fmt: skip
        self._trust_of = remembered("mail_networks", most=4_096)(self._look_up)

    def judged(self, mail: Mail, *, as_of: int) -> tuple[Judged, ...]:
        """The verdict of each click that had happened at `as_of`, freshest first; twins are one click, the better."""
        if not mail.clicks:
            return ()
        seen = _Seen(
            clicks=tuple(one for one in mail.clicks if one.at <= as_of),
            confirmations=tuple(one for one in mail.confirmations if one.at <= as_of and self._proves(one)),
            traps=tuple(one for one in mail.traps if one.at <= as_of) if self.rules.hidden_links else (),
            delivered=_earliest(mail, "delivered", as_of=as_of),
            opened=_earliest(mail, "opened", as_of=as_of),
        )
        return self._without_twins([self._verdict(click, seen, as_of=as_of) for click in seen.clicks])

    def _verdict(self, click: Click, seen: _Seen, *, as_of: int) -> Judged:
        if any(self._confirms(one, click) for one in seen.confirmations):
            return Judged(click, "human", "seen on the site")
        if sign := self._sign(click, seen):
            return Judged(click, "machine", sign)
        if as_of - click.at < self.rules.pending_ms:
            return Judged(click, "pending", "too young to tell", click.at + self.rules.pending_ms)
        return Judged(click, "probable_human", "no sign of a machine")

    def _proves(self, one: Confirmed) -> bool:
        """A bare view proves nothing: sandboxes load pages in a real browser."""
        return one.dwell_ms >= self.rules.confirmed_dwell_ms and one.interactions >= self.rules.confirmed_interactions

    def _confirms(self, one: Confirmed, click: Click) -> bool:
        """The same click id, by the same visitor where the click knows whose it was, soon enough behind it."""
        same = click.click_id != "" and one.click_id == click.click_id and click.visitor_id in ("", one.visitor_id)
        return same and 0 <= one.at - click.at <= self.rules.confirmed_within_ms

    def _sign(self, click: Click, seen: _Seen) -> str:
        """What proves a machine, "" for nothing."""
        if click.sign:
            return CERTAIN.get(click.sign, click.sign)
        signs = (
            ("right after delivery", self._at_delivery),
            ("burst", self._in_burst),
            ("hidden link", self._is_trapped),
            ("scanner network", self._in_scanner_network),
            ("probable network, at once and before any open", self._is_doubly_odd),
        )
        return next((words for words, shows in signs if shows(click, seen)), "")

    def _at_delivery(self, click: Click, seen: _Seen) -> bool:
        delivered = seen.delivered.get(message_hash_of(click.message_id))
        return delivered is not None and click.at - delivered < self.rules.delivered_ms

    def _in_burst(self, click: Click, seen: _Seen) -> bool:
        return click.link != "" and any(
            other.link not in ("", click.link) and other.message_id == click.message_id
            and abs(other.at - click.at) <= self.rules.burst_ms
            for other in seen.clicks
        )  # fmt: skip

    def _is_trapped(self, click: Click, seen: _Seen) -> bool:
        """The message's hidden link was fetched near it; or by its network and program some time before it."""
        rules = self.rules
        return any(
            (trap.message_id == click.message_id and abs(trap.at - click.at) <= rules.hidden_ms)
            or ((trap.ip, trap.agent) == (click.ip, click.agent) and click.ip != ""
                and 0 <= click.at - trap.at <= rules.hidden_for_ms)
            for trap in seen.traps
        )  # fmt: skip

    def _in_scanner_network(self, click: Click, _: _Seen) -> bool:
        return self._trust(click) == "certain"

    def _is_doubly_odd(self, click: Click, seen: _Seen) -> bool:
        """Two weak signs: from a probable network, and before any open, so soon after the delivery."""
        message = message_hash_of(click.message_id)
        delivered, opened = seen.delivered.get(message), seen.opened.get(message)
        early = delivered is not None and click.at - delivered < self.rules.early_ms
        return early and (opened is None or opened > click.at) and self._trust(click) == "probable"

    def _trust(self, click: Click) -> str:
        return self._trust_of(click.ip) if click.ip and self._networks else ""

    def _look_up(self, ip: str) -> str:
        """What the network list says of an address: the surest entry that holds it."""
        try:
            address = ip_address(ip.partition("/")[0])
        except ValueError:
            return ""
        return min((trust for network, trust in self._networks if address in network), default="")

    def _without_twins(self, found: list[Judged]) -> tuple[Judged, ...]:
        """Scanners fetch a link milliseconds beside the person: of both the better verdict stays, then the fresher."""
        kept: list[Judged] = []
        first: dict[tuple[str, str], tuple[int, int]] = {}  # by link: time of the first twin, place of the best
        for one in reversed(found):
            link = (one.click.message_id, one.click.link)
            began, place = first.get(link, (0, -1))
            if place < 0 or link[1] == "" or one.click.at - began > self.rules.twin_ms:
                first[link] = (one.click.at, len(kept))
                kept.append(one)
            elif _BEST_FIRST[one.verdict] >= _BEST_FIRST[kept[place].verdict]:
                kept[place] = one
        return tuple(sorted(kept, key=lambda one: one.click, reverse=True))


def _earliest(mail: Mail, kind: str, *, as_of: int) -> Mapping[int, int]:
    found: dict[int, int] = {}
    for at, message in mail.marks.get(kind, ()):
        if at <= as_of:
            found[message] = min(at, found.get(message, at))
    return found
