"""What a body of a CRM or a mail provider becomes: messages, and what of it nobody could read, with its bytes."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec import Struct

from producers.errors import Unmappable
from schemas.crm import ContactRecord, DealPatch
from schemas.deals import CompanyRecord, DealReport

__all__ = ["CrmSignal", "Told", "Unread", "as_json", "told_by_each"]

CrmSignal: TypeAlias = DealReport | DealPatch | CompanyRecord | ContactRecord
M = TypeVar("M")
One = TypeVar("One")


class Unread(Struct, frozen=True):
    """One object that could not be mapped, and why."""

    raw: bytes
    why: str


class Told(Struct, Generic[M], frozen=True):
    """What one body said. `passed_over`: objects that we read and that say nothing we need."""

    messages: tuple[M, ...] = ()
    unread: tuple[Unread, ...] = ()
    passed_over: int = 0

    def whole(self) -> tuple[M, ...]:
        """All messages. Raises Unmappable where something of the body could not be read."""
        if self.unread:
            raise Unmappable(self.unread[0].why)
        return self.messages

    def counts(self) -> dict[str, int]:
        """As the sender is told."""
        return {"accepted": len(self.messages), "rejected": len(self.unread), "passed_over": self.passed_over}


def as_json(found: Any) -> bytes:
    """The bytes of an object of a body."""
    return json.dumps(found).encode()


def told_by_each(
    objects: Iterable[One], messages_of: Callable[[One], Sequence[M]], *, bytes_of: Callable[[One], bytes] = as_json
) -> Told[M]:
    """Each object by itself: one that cannot be read costs none of its neighbours."""
    messages: list[M] = []
    unread: list[Unread] = []
    passed_over = 0
    for one in objects:
        try:
            said = messages_of(one)
        except Unmappable as error:
            unread.append(Unread(bytes_of(one), str(error)))
        else:
            messages += said
            passed_over += not said
    return Told(tuple(messages), tuple(unread), passed_over)
