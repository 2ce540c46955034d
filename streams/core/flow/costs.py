"""What was spent, as an operator says it, and what a result cost: for each lead, meeting, customer.

A cost is spread evenly over its days, and its share of a window is set against those who came in that window: after it,
never because of it. Whoever gives no cost gets no figure; nothing is estimated.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from json import dumps
from typing import Annotated, Final

from msgspec import Meta, Struct

from streams.core.flow.books import Cut, Wanted
from streams.core.rulebook.faults import RuleFault, RulesError
from streams.core.rulebook.returns_rules import Currency, ReturnsRules
from streams.core.rulebook.text import line_of, parse_rules
from streams.core.said import Said

__all__ = ["Cost", "costs_in", "fields_of", "per_result", "spent", "text_of", "without_rate"]

FILE: Final = "costs.toml"
Label = Annotated[str, Meta(max_length=400)]


class Cost(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """One bill. From `first` to `last`, both in it, in the site's days; `last` None: on that day.

    `currency` "": the site's. `program`, `source` "": of the medium as a whole.
    """

    medium: Annotated[str, Meta(min_length=1, max_length=400)]
    amount: Annotated[float, Meta(ge=0, le=1e12)]
    first: date
    last: date | None = None
    program: Label = ""
    source: Label = ""
    currency: Currency | None = None
    note: Label = ""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if self.last is not None and self.last < self.first:
            raise RuleFault(Said('"to" lies before "from"'))

    def share(self, first: date | None, last: date) -> float | None:
        """How much of the amount falls on these days, in its currency; None where none of its days does."""
        ends = self.last or self.first
        begins, until = max(self.first, first or self.first), min(ends, last)
        if begins > until:
            return None
        day = timedelta(days=1)
        return self.amount * ((until - begins) // day + 1) / ((ends - self.first) // day + 1)


class _Costs(Struct, frozen=True, forbid_unknown_fields=True):
    cost: tuple[Cost, ...] = ()


def costs_in(text: str, returns: ReturnsRules) -> Sequence[Cost]:
    """What the file says. `returns` has the currencies that are known. Raises RulesError, by line."""
    costs = parse_rules(FILE, text, _Costs).cost
    if (found := without_rate(costs, returns)) is not None:
        number, why = found
        raise RulesError(FILE, why, line=line_of(text, ("cost", number, "currency")))
    return costs


def without_rate(costs: Sequence[Cost], returns: ReturnsRules) -> tuple[int, Said] | None:
    """The first whose currency nobody can convert, by its number from 0, and why; None = each can be."""
    known = None, returns.currency, *returns.rates
    for number, one in enumerate(costs):
        if one.currency not in known:
            said = Said('returns.toml has no rate for "%(currency)s", which is not the site\'s %(ours)s',
                        {"currency": str(one.currency), "ours": returns.currency})  # fmt: skip
            return number, said
    return None


def text_of(costs: Iterable[Cost]) -> str:
    """The file that says these costs: `costs_in` gives them back.

    >>> print(text_of([Cost(medium="fair", amount=900.0, first=date(2026, 3, 1))]))
    [[cost]]
    medium = "fair"
    from = 2026-03-01
    amount = 900.0
    <BLANKLINE>
    """
    return "\n".join(_table_of(one) for one in costs)


def fields_of(cost: Cost) -> dict[str, str]:
    """Name -> value as TOML writes it, without those that say nothing."""
    said = {
        "medium": _quoted(cost.medium), "source": _quoted(cost.source), "program": _quoted(cost.program),
        "from": cost.first.isoformat(), "to": "" if cost.last is None else cost.last.isoformat(),
        "amount": repr(float(cost.amount)), "currency": _quoted(cost.currency or ""), "note": _quoted(cost.note),
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def _table_of(cost: Cost) -> str:
    return "".join(["[[cost]]\n", *(f"{name} = {value}\n" for name, value in fields_of(cost).items())])


def _quoted(text: str) -> str:
    """As TOML takes it: JSON's escapes are its own, and of what JSON leaves as it is TOML refuses one sign. "" = ""."""
    return dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f") if text else ""


def spent(
    costs: Iterable[Cost], first: date | None, last: date, *, wanted: Wanted, returns: ReturnsRules
) -> Mapping[Cut, float]:
    """By where it was spent, in the site's currency. Of a segment nobody knows what was spent."""
    found: dict[Cut, float] = defaultdict(float)
    for one in costs:
        cut, share = Cut(one.medium, one.source, one.program), one.share(first, last)
        if share is not None and wanted.segment is None and wanted.takes(cut):
            found[cut] += share * _rate(one, returns)
    return dict(found)


def per_result(cost: float | None, results: int) -> float | None:
    """None where no cost is known, and where there is no result yet."""
    return None if cost is None or not results else cost / results


def _rate(cost: Cost, returns: ReturnsRules) -> float:
    return 1.0 if cost.currency in (None, returns.currency) else returns.rates[str(cost.currency)]
