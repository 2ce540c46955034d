"""What a CRM or a mail provider said and nobody could read, read again: the collector's code for the replay's hands."""

import os
from collections.abc import Sequence
from pathlib import Path

from producers.collector.door.addresses import shortened
from producers.crm.again import signals_again
from producers.crm.told import CrmSignal
from producers.errors import ProducerError
from producers.mail.again import events_again
from producers.mail.providers.reading import MailReading
from schemas.codec import encode
from schemas.ids import Naming
from schemas.rejected import MAIL_DOOR, Rejected
from schemas.touches import MailEvent
from streams.core.said import Said
from streams.replay.remaking import Mapped, Mapper, NotReplayable

__all__ = ["mapper_with", "mapping_variable"]


def mapping_variable(crm: str) -> str:
    """The variable that names an operator's mapping file, as the collector reads it."""
    return "LEADSTREAM_CRM__MAPPING" if crm == "generic" else f"LEADSTREAM_CRM__{crm.upper()}_MAPPING"


def mapper_with(naming: Naming | None) -> Mapper:
    """`naming` None: the secret is not known, and people could not be named. Mapping files are read anew each time."""

    def mapped(record: Rejected) -> Sequence[Mapped]:
        if naming is None:
            raise NotReplayable(Said("it may name people, whose ids follow from LEADSTREAM_SECRET: set it"))
        of_mail = (record.door or "").startswith(MAIL_DOOR)
        try:
            said: Sequence[CrmSignal | MailEvent] = (_events if of_mail else _signals)(record, naming)
        except ProducerError as error:
            values = {"error": str(error)}
            if of_mail:
                raise NotReplayable(Said("this release cannot read it either: %(error)s", values)) from error
            raise NotReplayable(Said("the mapping of now cannot read it either: %(error)s", values)) from error
        return [Mapped("touches" if of_mail else "signals", one.to, encode(one)) for one in said]

    return mapped


def _signals(record: Rejected, naming: Naming) -> Sequence[CrmSignal]:
    return signals_again(record, mapping_of=_mapping_of, naming=naming)


def _events(record: Rejected, naming: Naming) -> Sequence[MailEvent]:
    return events_again(record, MailReading(naming=naming, received_at=record.at, shorten=shortened))


def _mapping_of(crm: str) -> Path | None:
    named = os.environ.get(mapping_variable(crm))
    return Path(named) if named else None
