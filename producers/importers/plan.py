"""A file, read and understood: what each column means, and each row as what will be posted, or why not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.json import encode
from msgspec.structs import replace

from producers.crm.mapping import load
from producers.errors import Unmappable
from producers.importers.accounts import company_of
from producers.importers.cells import DayOrder, day_order
from producers.importers.deals import deal_of
from producers.importers.headers import Columns, Kind, columns_of
from producers.importers.leads import events_of
from producers.importers.reading import Reading
from producers.importers.records import Broken, header_of, records_of
from producers.importers.sniff import Sniffed, sniffed

__all__ = ["KINDS", "Destination", "Plan", "Rejected", "Row", "planned"]

TIMES: Final = ("created_at", "updated_at", "closed_at", "lost_at", "won_at", "contract_ends_at")


class Destination(Struct, frozen=True, kw_only=True):
    """Where rows of one kind are posted: `before` and `after` enclose the messages of a body; `said` in the reply."""

    path: str
    before: bytes = b"["
    after: bytes = b"]"
    said: str = ""


class Row(Struct, frozen=True):
    """One row to be posted: its messages as JSON, and its cells for the case that the collector rejects it."""

    line: int
    cells: tuple[str, ...]
    messages: tuple[bytes, ...]


class Rejected(Struct, frozen=True):
    """One row, or line, that is not imported."""

    line: int
    cells: tuple[str, ...]
    why: str


class Plan(Struct, frozen=True, kw_only=True):
    """What will become of a file. `total` counts the rows that it holds."""

    kind: Kind
    file: Sniffed
    columns: Columns
    reading: Reading
    rows: Sequence[Row | Rejected]

    @property
    def destination(self) -> Destination:
        """Where it goes."""
        return KINDS[self.kind]

    @property
    def rejected(self) -> list[Rejected]:
        """What is known to be no use before anything is sent."""
        return [row for row in self.rows if isinstance(row, Rejected)]


KINDS: Final[Mapping[Kind, Destination]] = {
    "leads": Destination(path="/v1/batch", before=b'{"batch":[', after=b"]}"),
    "accounts": Destination(path="/v1/crm/generic/companies", said="companies"),
    "deals": Destination(path="/v1/crm/generic", said="deals"),
}


def planned(
    content: bytes, kind: Kind, reading: Reading, *, encoding: str | None = None,
    columns: Mapping[str, str] | None = None, order: DayOrder = "",
) -> Plan:  # fmt: skip
    """Everything but the posting. Raises BadFile for a file that cannot be imported as a whole."""
    file = sniffed(content, encoding=encoding)
    header = header_of(file.text, file.separator)
    meant = columns_of(header.cells, kind, said=columns)
    found = list(records_of(file.text, file.separator, header=header))
    cells = [meant.read(one.cells) for one in found if not isinstance(one, Broken)]
    reading = replace(
        reading,
        decimal_comma=file.separator == ";",
        order=order or day_order(row[field] for row in cells for field in TIMES if field in row),
    )
    messages_of = _messages(kind, reading)
    rows = [_row(one, meant, messages_of) for one in found]
    return Plan(kind=kind, file=file, columns=meant, reading=reading, rows=rows)


def _row(found: Any, columns: Columns, messages_of: Callable[[dict[str, str]], Iterator[Any]]) -> Row | Rejected:
    if isinstance(found, Broken):
        return Rejected(found.line, (found.text,), found.why)
    try:
        said = tuple(encode(one) for one in messages_of(columns.read(found.cells)))
    except Unmappable as error:
        return Rejected(found.line, found.cells, str(error))
    return Row(found.line, found.cells, said)


def _messages(kind: Kind, reading: Reading) -> Callable[[dict[str, str]], Iterator[Any]]:
    mapping = load(None)

    def messages_of(cells: dict[str, str]) -> Iterator[Any]:
        match kind:
            case "leads":
                yield from events_of(cells, reading)
            case "accounts":
                yield company_of(cells, reading, mapping=mapping)
            case "deals":
                yield deal_of(cells, reading, mapping=mapping)

    return messages_of
