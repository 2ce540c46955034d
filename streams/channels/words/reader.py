"""An alert's lines, as one reader sees them: in his language, with dates of his time zone."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from schemas.activity import PageSeen
from schemas.cards import AlertCard, MemberCard, ReturnLine
from schemas.deals import DealFacts
from schemas.posts import Ahead
from streams.channels.words.phrases import PHRASES
from streams.channels.words.told import Line
from streams.core.alert.said import in_korean
from streams.core.returns.strength import lost_at
from streams.core.rulebook.routing_rules import Language
from streams.core.written import money, plain, tenths, words

__all__ = ["Reader", "account_name", "short"]

LONGEST: Final = 120  # characters of one value from outside
LONGEST_TEXT: Final = 400  # of a sentence from the rules
PEOPLE: Final = 3  # in the line; the others stand below
PAGES: Final = 4
REASONS: Final = 3
LATEST: Final = 253_402_300_799_000  # the year 9999: what a datetime can hold


class Reader:
    """One language and time zone."""

    def __init__(self, language: Language, timezone: str) -> None:
        self._phrases = PHRASES[language]
        self._language = language
        self._zone = ZoneInfo(timezone)

    def text(self, phrase: str, **values: object) -> str:
        """A phrase with its values."""
        return self._phrases[phrase].format(**values)

    def many(self, phrase: str, count: int, *, one: str = "") -> str:
        """The phrase for so many."""
        return (one or f"{phrase}_one") if count == 1 else phrase

    def day(self, at: int) -> str:
        """The calendar day where the recipient is."""
        day = datetime.fromtimestamp(min(max(at, 0), LATEST) / 1_000, UTC).astimezone(self._zone)
        if self._language == "ko":
            return f"{day.year}년 {day.month}월 {day.day}일"
        return f"{day.day} {day:%b %Y}"

    def back(self, days: int | None) -> str:
        """After how long they are back."""
        return self.text("back_unknown") if days is None else self.text(self.many("back", days), days=days)

    def lines(self, card: AlertCard) -> Iterator[Line]:
        """The six."""
        yield Line(account_name(card), self.back(card.back_after_days))
        yield Line(self.text("deal"), self._deal(card.deal))
        yield Line(self.text("who"), self._people(card))
        yield Line(self.text("seen"), self._pages(card.pages))
        yield Line(self.text("score"), self._score(card))
        yield Line(self.text("next"), self._act(card))

    def more(self, card: AlertCard) -> Iterator[Line]:
        """What has no room in six lines."""
        yield Line(self.text("strength"), self._strength(card))
        if rest := card.people[PEOPLE:]:
            yield Line(self.text("others"), "; ".join(self._person(one) for one in rest))
        if count := len(card.other_deals):
            yield Line(self.text("also_lost"), self.text(self.many("other_deals", count), count=count))

    def ahead(self, one: Ahead) -> Line:
        """A lost account whose time comes."""
        when = self.text(one.reason, day=self.day(one.at))
        return Line(short(one.account_name or one.account_id), f"{when} · {self._deal(one.deal)}")

    def _deal(self, deal: DealFacts) -> str:
        amount = self.text("amount_unknown") if deal.amount is None else money(deal.amount, deal.currency)
        reason = self._named(deal.lost_reason or "")
        owner = short(deal.owner.name or deal.owner.email) if deal.owner else ""
        return _joined(
            amount,
            self.text("lost_on", day=self.day(lost_at(deal))),
            self.text("reason", reason=reason) if reason else self.text("reason_unknown"),
            self.text("lost_to", competitor=short(deal.competitor)) if deal.competitor else "",
            self.text("lost_at_stage", stage=short(deal.lost_stage)) if deal.lost_stage else "",
            self.text("owner", owner=owner) if owner else self.text("no_owner"),
        )

    def _people(self, card: AlertCard) -> str:
        if not card.people:
            return _joined(self.text("nobody"), "" if card.human else self.text("unproved"))
        count = self.text(self.many("people", len(card.people)), count=len(card.people))
        named = "; ".join(self._person(one) for one in card.people[:PEOPLE])
        left = len(card.people) - PEOPLE
        rest = self.text("more_people", count=left) if left > 0 else ""
        return _joined(f"{count}: {named}", rest, "" if card.human else self.text("unproved"))

    def _person(self, person: MemberCard) -> str:
        facts = [short(person.title), self.text("on_deal") if person.on_deal else "", self.text(person.trust)]
        name = short(person.name or person.email) or self.text("unnamed")
        return f"{name} ({', '.join(fact for fact in facts if fact)})"

    def _pages(self, pages: tuple[PageSeen, ...]) -> str:
        if not pages:
            return self.text("no_pages")
        told = [self._page(one) for one in pages[:PAGES]]
        left = len(pages) - PAGES
        return _joined(*told, self.text("more", count=left) if left > 0 else "")

    def _page(self, page: PageSeen) -> str:
        dwell = self.text("not_timed") if page.dwell_ms is None else self._span(page.dwell_ms)
        kind = self._named(page.kind) if page.kind and page.kind != "other" else ""
        return f"{short(page.path)} ({', '.join(one for one in (kind, dwell) if one)})"

    def _span(self, length_ms: int) -> str:
        """How long somebody stayed: `48 s`, `1 min 14 s`, `2 h 3 min`."""
        seconds = max(length_ms, 0) // 1_000
        hours, minutes, rest = seconds // 3_600, seconds // 60 % 60, seconds % 60
        if hours:
            return self.text("hours", hours=hours, minutes=minutes)
        if not minutes:
            return self.text("seconds", seconds=rest)
        return self.text("minutes_seconds" if rest else "minutes", minutes=minutes, seconds=rest)

    def _score(self, card: AlertCard) -> str:
        strength = self.text("r", strength=card.strength.strength)
        if not card.people:
            return strength
        best = max(card.people, key=lambda one: one.score_tenths)
        reasons = ", ".join(map(self._reason, best.reasons[:REASONS]))
        return _joined(tenths(best.score_tenths), self.text("grade", grade=short(best.grade)), reasons, strength)

    def _reason(self, text: str) -> str:
        """A rule by its label or name, and its points."""
        name, space, points = text.rpartition(" ")
        return f"{self._named(name)} {short(points)}" if space else self._named(text)

    def _strength(self, card: AlertCard) -> str:
        halved = self.text("halved") if card.strength.halved else ""
        lines = [self._signal(one) for one in card.strength.lines if one.strength]
        return _joined(self.text("r", strength=card.strength.strength), *lines, halved)

    def _signal(self, line: ReturnLine) -> str:
        return f"{self._named(line.signal, line.label)} +{line.strength}"

    def _act(self, card: AlertCard) -> str:
        return _joined(
            self._hold(card.hold_until),
            short(self._said(card.next_act), LONGEST_TEXT) or self.text("no_act"),
            self.text("talk", text=short(self._said(card.talking_point), LONGEST_TEXT)) if card.talking_point else "",
            self.text("mail_stop", day=self.day(card.mail_stop_until)) if card.mail_stop_until is not None else "",
            self.text("provoked") if card.provoked else "",
        )

    def _said(self, text: str) -> str:
        """A sentence of the rules: in this language if it came with us, else as it is written."""
        return (in_korean(text) if self._language == "ko" else "") or text

    def _hold(self, until: int | None) -> str:
        """The act says it itself, in the language of the rules: said again only to those who read another."""
        return "" if until is None or self._language == "en" else self.text("hold", day=self.day(until))

    def _named(self, name: str, written: str = "") -> str:
        """A name of the rules: as a table has it, else as it is written."""
        head, _, detail = name.partition(":")
        known = self._phrases.get(f"name:{head}")
        if known is None:
            return short(self._phrases.get(f"name:{words(name)}") or written or words(name))
        return f"{known}: {short(detail)}" if detail else known


def account_name(card: AlertCard) -> str:
    """The company, as it is called here."""
    return short(card.account_name or card.account_id)


def short(value: str | None, most: int = LONGEST) -> str:
    """Text from outside: one line, no control characters, at most so long."""
    text = " ".join(plain(value or "").split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _joined(*parts: str) -> str:
    return " · ".join(_filled(parts))


def _filled(parts: Iterable[str]) -> Iterator[str]:
    return (one for one in parts if one)
