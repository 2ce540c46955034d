"""Whom an operator means: an e-mail address, or a lead id."""

import re
from pathlib import Path
from typing import Final

from deploy.settings import secret_of

__all__ = ["NOBODY", "lead_id_of"]

NOBODY: Final = "is neither an e-mail address nor a lead id of 32 hex digits"
_LEAD_ID: Final = re.compile(r"[0-9a-f]{32}")


def lead_id_of(who: str, home: Path) -> str | None:
    """None where it is NOBODY. An address needs LEADSTREAM_SECRET: raises BadDeploySettings without one."""
    from schemas.ids import Naming, normalised_email

    if _LEAD_ID.fullmatch(who):
        return who
    email = normalised_email(who)
    return None if email is None else Naming(secret_of(home).encode()).lead_of_email(email)
