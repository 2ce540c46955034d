"""A sales team for the tests: three who take turns, one of them in the north, a leader, a field salesperson."""

from typing import Final

from schemas.deals import Owner
from streams.core.rules import Rules, load_rules
from tests.unit.core.made import NAMING, files

__all__ = ["AMY", "BOB", "CAT", "FAY", "GONE", "LEA", "SALES", "owner"]

ROUTING: Final = """
[[rep]]
email = "lea@us.example"
name = "Lea"
field = true

[[rep]]
email = "amy@us.example"
name = "Amy"
leader = "Lea@us.example"

[[rep]]
email = "bob@us.example"
name = "Bob"
territories = ["North"]
timezone = "Asia/Seoul"

[[rep]]
email = "cat@us.example"
name = "Cat"
territories = ["north", "South"]

[[rep]]
email = "gone@us.example"
active = false

[[rep]]
email = "fay@us.example"
name = "Fay"
field = true
active = false
"""


def owner(name: str) -> Owner:
    """A rep as deals name him."""
    email = f"{name.lower()}@us.example"
    return Owner(NAMING.recipient_of(email), name, email)


def _rules() -> Rules:
    told = files()
    return load_rules(told | {"routing.toml": told["routing.toml"] + ROUTING}, naming=NAMING)


AMY, BOB, CAT, LEA, FAY, GONE = (owner(name) for name in ("Amy", "Bob", "Cat", "Lea", "Fay", "Gone"))
SALES: Final = _rules()
