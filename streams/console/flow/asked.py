"""What a reader of the flow asks for: the window, which leads, and the label of the rows. It stands in the address."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias
from urllib.parse import urlencode

from msgspec import Struct

from streams.console.tongue import N_
from streams.core.days import DAY_MS
from streams.core.flow.books import LABELS, Wanted
from streams.core.flow.ledger import FAR, Window

__all__ = ["COUNTED", "NOT_KNOWN", "WINDOWS", "Asked", "Counted", "Span", "asked_of", "span_of"]

WINDOWS: Final = {
    "7d": N_("7 days"), "28d": N_("28 days"), "90d": N_("90 days"), "month": N_("This month"),
    "last_month": N_("Last month"),
    "year": N_("This year"), "all": N_("All"),
}  # fmt: skip
USUAL: Final = "28d"
Counted: TypeAlias = Literal["people", "accounts"]
COUNTED: Final[Mapping[Counted, str]] = {"people": N_("People"), "accounts": N_("Accounts")}
UNSAID: Final = (("window", USUAL), ("of", "people"))
NOT_KNOWN: Final = "(none)"  # a label without a value, in the address
LONGEST: Final = 400
EPOCH: Final = date(1970, 1, 1)


class Span(Struct, frozen=True, kw_only=True):
    """A window in days of the site: from `first` to `last`, both in it. `is_open`: until now."""

    window: Window
    first: date | None  # None: since ever
    last: date
    is_open: bool


class Asked(Struct, frozen=True, kw_only=True):
    """One question. `by` "" = no rows by a label; `of`: what is counted."""

    window: str = USUAL
    wanted: Wanted = Wanted()
    by: str = ""
    of: Counted = "people"

    def link(self, path: str, **new: str | None) -> str:
        """The address of a page that is asked the same but for this; None = any."""
        said = {"of": self.of, "window": self.window, "by": self.by} | _said(self.wanted)
        for name, value in new.items():
            said[name] = value if name not in LABELS or value is None else value or NOT_KNOWN
        query = urlencode({name: value for name, value in said.items() if value and (name, value) not in UNSAID})
        return f"{path}?{query}" if query else path

    @property
    def narrowed(self) -> list[tuple[str, str]]:
        """The labels by which leads were chosen, with their values."""
        return [(name, value) for name, value in zip(LABELS, self.wanted, strict=True) if value is not None]


def asked_of(query: Mapping[str, str]) -> Asked:
    """What an address asks for; what it says wrongly is not asked."""
    window, by = query.get("window", ""), query.get("by", "")
    labels = {name: query.get(name, "")[:LONGEST] for name in LABELS}
    wanted = Wanted(**{name: "" if value == NOT_KNOWN else value for name, value in labels.items() if value})
    return Asked(window=window if window in WINDOWS else USUAL, wanted=wanted, by=by if by in LABELS else "",
                 of="accounts" if query.get("of") == "accounts" else "people")  # fmt: skip


def span_of(window: str, *, today: int) -> Span:
    """`today` as a day since 1970, in the site's time zone."""
    now = EPOCH + timedelta(days=today)
    month = now.replace(day=1)
    if window == "last_month":
        last = month - timedelta(days=1)
        first = last.replace(day=1)
        return Span(window=Window(_at(first), _at(month)), first=first, last=last, is_open=False)
    if window == "all":
        return Span(window=Window(-FAR), first=None, last=now, is_open=True)
    firsts = {"month": month, "year": now.replace(month=1, day=1)}
    first = firsts[window] if window in firsts else now - timedelta(days=int(window.removesuffix("d")) - 1)
    return Span(window=Window(_at(first)), first=first, last=now, is_open=True)


def _at(day: date) -> int:
    return (day - EPOCH).days * DAY_MS


def _said(wanted: Wanted) -> dict[str, str | None]:
    return {name: None if value is None else value or NOT_KNOWN for name, value in zip(LABELS, wanted, strict=True)}
