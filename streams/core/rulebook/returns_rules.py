"""What `rules/returns.toml` may say: how strongly a lost deal's account has to come back before sales hears of it."""

from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from streams.core.rulebook.faults import RuleFault, is_twice
from streams.core.said import Said

__all__ = ["Act", "ClaimClock", "ReturnSignal", "ReturnsRules", "SignalName", "TalkingPoint"]

SignalName: TypeAlias = Literal[
    "deal_person", "other_person", "more_people", "intent_day", "answer_page", "more_days", "mail_click", "network"
]
Whole: TypeAlias = Annotated[int, Meta(ge=0)]
Currency: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Rate: TypeAlias = Annotated[float, Meta(gt=0)]
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000


class ReturnSignal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One signal of R: min(count x each, most)."""

    name: SignalName
    label: str
    each: Whole
    most: Whole


class Act(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do next where a deal was lost for this reason; reason "" = every other."""

    reason: str = ""
    text: str


class TalkingPoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to talk about with somebody of this maturity level; `persona` "" = whatever their title, else a part of it.

    Rows are read in their order: write those with a persona first.
    """

    level: str
    persona: str = ""
    text: str

    def fits(self, level: str, title: str) -> bool:
        """Whether it is meant for somebody with this level and title."""
        return self.level == level and self.persona.casefold() in title.casefold()


class ClaimClock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who hears when nobody claims a real-time alert, in hours of work of whom it went to.

    `outcome_days`: after a claim without outcome, in days.
    """

    reminder_hours: Annotated[int, Meta(ge=1)] = 2
    leader_hours: Annotated[int, Meta(ge=1)] = 4
    next_hours: Annotated[int, Meta(ge=1)] = 8
    outcome_days: Annotated[int, Meta(ge=1)] = 7

    def __post_init__(self) -> None:
        """Raises ValueError where a later step comes before an earlier one."""
        if not self.reminder_hours <= self.leader_hours <= self.next_hours:
            raise RuleFault(Said("reminder_hours, leader_hours and next_hours are not in order"))


_SIGNALS: Final = (
    ReturnSignal(name="deal_person", label="Person of the lost deal is back", each=5, most=10),
    ReturnSignal(name="other_person", label="Somebody else of the company", each=3, most=6),
    ReturnSignal(name="more_people", label="More than one person", each=4, most=8),
    ReturnSignal(name="intent_day", label="Day with pricing, comparison, demo or security", each=4, most=8),
    ReturnSignal(name="answer_page", label="Read the answer to the reason of the loss", each=5, most=5),
    ReturnSignal(name="more_days", label="Came on more than one day", each=3, most=9),
    ReturnSignal(name="mail_click", label="Clicked in our own mail", each=2, most=2),
    ReturnSignal(name="network", label="Anonymous visitor from the company's network", each=1, most=2),
)


class ReturnsRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    window_days: Annotated[int, Meta(ge=1)] = 14
    quiet_days: Whole = 14  # after the loss: the tail of the old talks is no return
    old_after_days: Whole = 1_095  # lost longer ago: digest at most
    breadth_days: Annotated[int, Meta(ge=1)] = 14
    roll_up_members: Annotated[int, Meta(ge=1)] = 5
    network_weight: Annotated[float, Meta(ge=0, le=1)] = 0.3  # of an anonymous visitor from the company's network
    intent_points: Annotated[float, Meta(ge=0, le=100)] = 10  # what a third party saw: one more member of the roll-up
    intent_half_life_days: Annotated[float, Meta(gt=0)] = 30
    digest_from: Annotated[int, Meta(ge=1)] = 4
    real_time_from: Annotated[int, Meta(ge=1)] = 8
    cool_down_hours: Whole = 168
    expires_days: Annotated[int, Meta(ge=1)] = 30
    hold_ahead_days: Whole = 14  # so long before its hold ends a lost account is in the week's first digest
    contract_ahead_days: Whole = 90  # and so long before its contract with a rival does
    currency: Currency = "EUR"  # the site's: amounts are compared in it
    rates: dict[Currency, Rate] = {}  # what one unit of another currency is worth in the site's
    news_days: Annotated[int, Meta(ge=1)] = 7  # older things are the past: they open and raise nothing
    snooze_days: Annotated[int, Meta(ge=1)] = 30
    left_out_days: Annotated[int, Meta(ge=1)] = 180  # of R: who is of another company, a job seeker, a partner
    provoked_hours: Whole = 24  # a return that began so soon after a mail of ours
    recall_days: Annotated[int, Meta(ge=1)] = 30  # before a deal is taken up again: should there have been an alert?
    hold_text: str = "Information only: no contact before {date}."
    signal: tuple[ReturnSignal, ...] = _SIGNALS
    act: tuple[Act, ...] = (Act(text="Ask what has changed since."),)
    talking_point: tuple[TalkingPoint, ...] = ()
    claim: ClaimClock = ClaimClock()

    def __post_init__(self) -> None:
        """Names are unique, the levels in order. Raises ValueError."""
        names = [signal.name for signal in self.signal]
        if doubled := next((name for name in names if names.count(name) > 1), None):
            raise RuleFault(is_twice(f'signal "{doubled}"'))
        if self.digest_from > self.real_time_from:
            raise RuleFault(Said("digest_from is greater than real_time_from"))
        if "{date}" not in self.hold_text:
            raise RuleFault(Said("hold_text has no {date}"))

    def amount(self, amount: float | None, currency: str | None) -> float:
        """An amount in the site's currency; 1 where there is none, or none that can be compared.

        Without a currency it is in the site's.

        >>> ReturnsRules(rates={"USD": 0.5}).amount(100, "USD"), ReturnsRules().amount(100, "USD")
        (50.0, 1.0)
        """
        rate = 1.0 if currency in (None, "", self.currency) else self.rates.get(str(currency), 0.0)
        worth = rate * (amount or 0.0)
        return worth if worth > 0 else 1.0

    def talking(self, level: str, title: str) -> str:
        """What to talk about with somebody of this maturity level and title, "" for nothing."""
        return next((one.text for one in self.talking_point if level and one.fits(level, title)), "")

    def next_act(self, reason: str | None, *, detail: str | None = None) -> str:
        """What to do next after a loss for this reason: of its detail, else of the reason, else of any.

        `detail` is a rival; a reason may bring its own, as in `feature_gap:sso`.
        """
        texts = {act.reason: act.text for act in self.act}
        said = reason or ""
        return next((texts[one] for one in (f"{said}:{detail}", said, said.partition(":")[0], "") if one in texts), "")
