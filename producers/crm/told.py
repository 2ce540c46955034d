"""What a CRM's body becomes: signals, and what of it nobody could read, with its bytes."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from producers.errors import Unmappable
from schemas.crm import ContactRecord, DealPatch
from schemas.deals import CompanyRecord, DealReport

__all__ = ["CrmSignal", "Told", "Unread", "told_by_each"]

CrmSignal: TypeAlias = DealReport | DealPatch | CompanyRecord | ContactRecord


class Unread(Struct, frozen=True):
    """One object that could not be mapped, and why."""

    raw: bytes
    why: str


class Told(Struct, frozen=True):
    """What one body said. `passed_over`: objects that we read and that say nothing we need."""

    signals: tuple[CrmSignal, ...] = ()
    unread: tuple[Unread, ...] = ()
    passed_over: int = 0


def told_by_each(objects: Iterable[Any], signals_of: Callable[[Any], Sequence[CrmSignal]]) -> Told:
    """Each object by itself: one that cannot be read costs none of its neighbours."""
    signals: list[CrmSignal] = []
    unread: list[Unread] = []
    passed_over = 0
    for one in objects:
        try:
            said = signals_of(one)
        except Unmappable as error:
            unread.append(Unread(json.dumps(one).encode(), str(error)))
        else:
            signals += said
            passed_over += not said
    return Told(tuple(signals), tuple(unread), passed_over)
