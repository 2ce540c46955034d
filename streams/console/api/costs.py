"""The file of costs for programs: read as it is, and replaced as a whole. Raises Refused.

What media and programs cost is kept where finance keeps it; a program of theirs brings it here. The file stays the only
store: an operator's next edit counts as much as the next call.
"""

import asyncio
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.json import Decoder
from starlette.requests import Request

from schemas.api_keys import ApiKey
from schemas.codec import encode
from streams.console.access.audit import AuditLine, network
from streams.console.access.gate import NOT_WRITTEN, address_of
from streams.console.api.problems import Refused
from streams.console.api.tags import knows, tag_of
from streams.console.api.taken import taken
from streams.console.api.whom import rules_of
from streams.console.desk import Desk
from streams.console.flow.cost_book import CostBook, Costs
from streams.core.flow.costs import Cost, without_rate
from streams.core.rulebook.returns_rules import ReturnsRules

__all__ = ["CostList", "CostsWanted", "costs", "replace_costs"]

LARGEST: Final = 1_048_576  # bytes of a body
_LATER: Final = {"retry-after": "60"}


class CostList(Struct, frozen=True, kw_only=True):
    """All costs that count now, in the order of the file. `currency`: of those that name none."""

    items: list[Cost]
    currency: str


class CostsWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file shall say: what is left out is gone. Comments that somebody wrote into it stay."""

    items: Annotated[list[Cost], Meta(max_length=20_000)]


_WANTED: Final = Decoder(CostsWanted)


async def costs(desk: Desk, _: Request, __: ApiKey) -> CostList:
    """`GET /costs`."""
    book, returns = _book(desk), rules_of(desk).returns
    found = await asyncio.to_thread(_kept, book, returns)
    if found.why:
        said = f"Costs cannot be said: {found.why}. Mend the file, or replace it by PUT."
        raise Refused(503, "costs-unreadable", said, headers=_LATER)
    return CostList(items=list(found.costs), currency=returns.currency)


async def replace_costs(desk: Desk, request: Request, key: ApiKey) -> CostList:
    """`PUT /costs`, with `If-Match` only where nobody changed them since."""
    book, returns = _book(desk), rules_of(desk).returns
    wanted = await taken(request, _WANTED, shape="CostsWanted", largest=LARGEST)
    if (found := without_rate(wanted.items, returns)) is not None:
        raise Refused(400, "bad-body", f"The body cannot be read: {found[1]} - at `$.items[{found[0]}].currency`.")
    _note(desk, request, key, to=f"{len(wanted.items)} costs")
    said = request.headers.get("if-match", "")

    def nobody_came_between() -> bool:
        return not said or knows(said, tag_of(_answer(_kept(book, returns), returns)))

    try:
        done = await asyncio.to_thread(book.replace, wanted.items, returns, when=nobody_came_between)
    except ValueError as error:
        raise Refused(413, "too-large", f"These are too many costs: {error}.") from error
    except OSError as error:
        why = f"The file of costs cannot be written where the console runs ({type(error).__name__}). Nothing changed."
        raise Refused(503, "costs-not-written", why, headers=_LATER) from error
    if not done:
        raise Refused(412, "changed", "The costs are others than those that If-Match names. Read them again.")
    return CostList(items=wanted.items, currency=returns.currency)


def _book(desk: Desk) -> CostBook:
    book = desk.sight.costs
    if not book.is_set:
        raise Refused(404, "no-costs-here", "This console has no file of costs: set LEADSTREAM_CONSOLE__COSTS.")
    return book


def _kept(book: CostBook, returns: ReturnsRules) -> Costs:
    """What the file says; nothing, where nobody wrote one yet."""
    return book.costs(returns) if book.is_there else Costs(are_given=True)


def _answer(found: Costs, returns: ReturnsRules) -> bytes:
    return b"" if found.why else encode(CostList(items=list(found.costs), currency=returns.currency))


def _note(desk: Desk, request: Request, key: ApiKey, *, to: str) -> None:
    """What cannot be written down is not done."""
    line = AuditLine(at=desk.now(), user=key.name, role="api", what="replace costs", to=to,
                     network=network(address_of(request)))  # fmt: skip
    try:
        desk.audit.write(line)
    except OSError as error:
        raise Refused(503, "not-written", NOT_WRITTEN, headers={"retry-after": "5"}) from error
