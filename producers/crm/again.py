"""What a CRM said and no mapping could read, read once more with the mappings of now.

A `door` says by what a body was read: the name of a CRM of the registry for its webhooks, `<crm>/deals` or
`<crm>/companies` for the generic route.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from producers.crm.bodies import parse_body
from producers.crm.fieldmap import load_fields
from producers.crm.generic import CRM, company_record, deal_report
from producers.crm.mapping import load
from producers.crm.reading import Reading
from producers.crm.registry import CRMS
from producers.crm.told import CrmSignal
from producers.errors import Unmappable
from schemas.ids import Naming
from schemas.rejected import Rejected

__all__ = ["MappingOf", "crm_of", "door_of", "signals_again"]

MappingOf: TypeAlias = Callable[[str], Path | None]
"""A CRM's name (or `generic`) -> the operator's mapping file, None = the packaged one."""
_GENERIC: Final[Mapping[str, Callable[..., CrmSignal]]] = {"deals": deal_report, "companies": company_record}


def door_of(crm: str, what: str) -> str:
    """The generic route's door for the ids of this CRM."""
    return f"{crm}/{what}"


def crm_of(door: str) -> str:
    """Whose ids it speaks of."""
    return door.partition("/")[0]


def signals_again(record: Rejected, *, mapping_of: MappingOf, naming: Naming) -> Sequence[CrmSignal]:
    """What it says, as of the time at which it came. Raises Unmappable, Refused, and BadSettings for a bad mapping."""
    door = record.door or (record.source if record.source in CRMS else "")
    crm, _, what = door.partition("/")
    if not what:
        return _of_webhook(record, crm, mapping_of=mapping_of, naming=naming)
    read = _GENERIC.get(what)
    if read is None:
        raise Unmappable(f"{door}: no door of this release")
    mapping = load(mapping_of(crm) if crm == CRM else None)
    objects = parse_body(record.raw)
    return [read(one, mapping=mapping, naming=naming, received_at=record.at, crm=crm) for one in objects]


def _of_webhook(record: Rejected, crm: str, *, mapping_of: MappingOf, naming: Naming) -> Sequence[CrmSignal]:
    source = CRMS.get(crm)
    if source is None:
        raise Unmappable("an older release kept it and did not say by what it was read: post its bytes again")
    reading = Reading(source=crm, fields=load_fields(crm, mapping_of(crm)), naming=naming, received_at=record.at)
    return source.signals_of(source.whole(record.raw), reading).whole()
