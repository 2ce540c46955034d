"""Dates and amounts as people and CRMs write them into files, to what our routes read. Raises Unmappable."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from producers.errors import Unmappable
from schemas.times import milliseconds_of

__all__ = ["DayOrder", "amount_in", "day_order", "time_in"]

DayOrder: TypeAlias = Literal["", "dmy", "mdy"]
# 05/10/2026, 5.10.2026, 2026. 10. 5., 2026년 10월 5일, with or without a time behind it
_NUMBERS: Final = re.compile(
    r"^(\d{1,4})\s*([/.\-]|년)\s*(\d{1,2})\s*(?:[/.\-]|월)\s*(\d{1,4})(?:[.일])?(?!\d)[,T\s]*(.*)$"
)
_CLOCK: Final = re.compile(
    r"^(오전|오후|am|pm)?\s*(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(am|pm|오전|오후)?\s*(?:utc|z|gmt)?$",
    re.IGNORECASE,
)
_CURRENCIES: Final = {"₩": "KRW", "원": "KRW", "€": "EUR", "£": "GBP", "¥": "JPY", "$": "USD"}
_NOT_NUMBERS: Final = re.compile(r"[^\d.,\-]")


def time_in(text: str, field: str, *, order: DayOrder = "") -> int:
    """UTC milliseconds. `order`: whether day or month comes first between slashes. Raises Unmappable."""
    at = milliseconds_of(text)
    if at is not None:
        return at
    found = _NUMBERS.match(text.strip())
    clock = _clock(found[5]) if found else None
    if found is None or clock is None:
        raise Unmappable(f"{field}: {text!r} is no date that we know, write 2026-10-05 or 2026-10-05 14:00")
    year, month, day = _parts(found, field, order=order)
    try:
        return round(datetime(year, month, day, *clock, tzinfo=UTC).timestamp() * 1_000)
    except (ValueError, OverflowError) as error:
        raise Unmappable(f"{field}: {text!r} is no day of the calendar") from error


def day_order(texts: Iterable[str]) -> DayOrder:
    """What a column's dates prove: a first number beyond 12 is a day, so is a second one; "" proves nothing."""
    for text in texts:
        found = _NUMBERS.match(text.strip())
        if found is None or found[2] != "/" or len(found[1]) > len("31"):
            continue
        if int(found[1]) > 12:
            return "dmy"
        if int(found[3]) > 12:
            return "mdy"
    return ""


def amount_in(text: str, *, decimal_comma: bool) -> tuple[float, str]:
    """(whole units, currency if a sign says it). `decimal_comma`: files with semicolons write 48.000,50."""
    currency = next((code for sign, code in _CURRENCIES.items() if sign in text), "")
    digits = _NOT_NUMBERS.sub("", text)
    decimal = _decimal_mark(digits, decimal_comma=decimal_comma)
    whole = "".join(c for c in digits if c not in ".," or c == decimal).replace(",", ".")
    try:
        amount = float(whole)
    except ValueError as error:
        raise Unmappable(f"amount: {text!r} is no number") from error
    if amount < 0:
        raise Unmappable(f"amount: {text!r} is less than nothing")
    return amount, currency


def _decimal_mark(digits: str, *, decimal_comma: bool) -> str:
    """The last mark, where it stands once and is not a thousands' mark; "" for none."""
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0:
        return ""
    mark, both = digits[last], "." in digits and "," in digits
    if digits.count(mark) > 1:
        return ""
    thousands = len(digits) - last - 1 == 3 and (mark == ".") == decimal_comma
    return "" if thousands and not both else mark


def _parts(found: re.Match[str], field: str, *, order: DayOrder) -> tuple[int, int, int]:
    one, mark, two, three = found[1], found[2], int(found[3]), found[4]
    if len(one) == 4:
        return int(one), two, int(three)
    if len(three) != 4:
        raise Unmappable(f"{field}: {found[0]!r}: write the year with four digits")
    if mark != "/":
        return int(three), two, int(one)
    if order == "dmy" or int(one) > 12:
        return int(three), two, int(one)
    if order == "mdy" or two > 12:
        return int(three), int(one), two
    raise Unmappable(f"{field}: {found[0]!r}: day or month first? Say --dates dmy or --dates mdy")


def _clock(text: str) -> tuple[int, int, int] | None:
    """(hour, minute, second), midnight for nothing, None for what is no time."""
    if not text.strip():
        return 0, 0, 0
    found = _CLOCK.match(text.strip())
    if found is None:
        return None
    half = (found[1] or found[5] or "").lower()
    hour = int(found[2])
    if half:
        hour = hour % 12 + (12 if half in {"pm", "오후"} else 0)
    return hour, int(found[3]), int(found[4] or 0)
