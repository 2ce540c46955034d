"""A row of leads to events: who it is since it was created, and what is known of it since it was changed last."""

from datetime import UTC, datetime
from typing import Any, Final

from producers.crm.values import text_of
from producers.errors import Unmappable
from producers.importers.reading import Reading
from schemas.ids import normalised_email

__all__ = ["events_of"]

_TRAITS: Final = (
    "name", "company", "title", "department", "employees", "industry", "region", "segment",
)  # fmt: skip


def events_of(cells: dict[str, str], reading: Reading) -> list[dict[str, Any]]:
    """One or two `identify` events. Ids follow from the row, so that the same file changes nothing twice.

    Raises Unmappable.
    """
    email = normalised_email(cells.get("email", ""))
    if email is None:
        raise Unmappable(f"email: {cells['email']!r} is no address" if "email" in cells else "email: nothing there")
    updated_at = reading.time(cells, "updated_at") or reading.as_of
    created_at = reading.time(cells, "created_at") or updated_at
    traits = {name: text for name in _TRAITS if (text := text_of(cells.get(name)))} | _names(cells)
    traits |= _consent(cells, reading)
    known = [(created_at, {"email": email})] if created_at < updated_at else []
    return [_event(at, said, reading) for at, said in (*known, (updated_at, {"email": email} | traits))]


def _event(at: int, traits: dict[str, str], reading: Reading) -> dict[str, Any]:
    said = [f"{name}={value}" for name, value in sorted(traits.items())]
    return {
        "type": "identify",
        "messageId": "import-" + reading.pseudonym("message", reading.crm, str(at), *said),
        "anonymousId": "import-" + reading.pseudonym("lead", traits["email"]),
        "timestamp": datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="milliseconds"),
        "traits": traits,
    }


def _names(cells: dict[str, str]) -> dict[str, str]:
    """A full name, else what there is of it: Korean names are written without a space."""
    parts = [text_of(cells.get(part)) for part in ("first_name", "last_name")]
    if "name" in cells or not any(parts):
        return {}
    korean = all("\uac00" <= c <= "\ud7a3" for part in parts for c in part)
    return {"name": "".join(reversed(parts)) if korean else " ".join(part for part in parts if part)}


def _consent(cells: dict[str, str], reading: Reading) -> dict[str, str]:
    """Consent to marketing: an opt-out outranks an opt-in, and what is neither yes nor no says nothing."""
    if reading.yes(cells.get("opt_out", "")):
        return {"marketing_consent": "no"}
    said = reading.yes(cells.get("consent", ""))
    return {} if said is None else {"marketing_consent": "yes" if said else "no"}
