"""What a CRM said and no mapping could read, read again: the collector's code for the replay's hands."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.ids import Naming
    from schemas.rejected import Rejected
    from streams.replay.remaking import Mapper

__all__ = ["mapper_with", "mapping_variable"]


def mapping_variable(crm: str) -> str:
    """The variable that names an operator's mapping file, as the collector reads it."""
    return "LEADSTREAM_CRM__MAPPING" if crm == "generic" else f"LEADSTREAM_CRM__{crm.upper()}_MAPPING"


def mapper_with(naming: "Naming | None") -> "Mapper":
    """`naming` None: the secret is not known, and people in a deal could not be named."""
    from producers.crm.again import signals_again
    from producers.errors import ProducerError
    from schemas.codec import encode
    from streams.replay.remaking import NotReplayable

    def mapped(record: "Rejected") -> Sequence[tuple[str, bytes]]:
        if naming is None:
            raise NotReplayable("it may name people, whose ids follow from LEADSTREAM_SECRET: set it")
        try:
            signals = signals_again(record, mapping_of=_mapping_of, naming=naming)
        except ProducerError as error:
            raise NotReplayable(f"the mapping of now cannot read it either: {error}") from error
        return [(signal.to, encode(signal)) for signal in signals]

    return mapped


def _mapping_of(crm: str) -> Path | None:
    named = os.environ.get(mapping_variable(crm))
    return Path(named) if named else None
