"""What an operator orders in a journey, about a `lead` by its e-mail.

`merge` `into` another ("" takes it back); `deny` or `allow` at a `browser`.
"""

from typing import Any

from schemas.touches import MergeOrder
from streams.core.facts import Facts, Ordered
from tests.unit.core.made import NAMING
from tests.unit.core.whole import WholeCore

__all__ = ["ordered"]


def ordered(core: WholeCore, line: dict[str, Any], at: int) -> None:
    """One line with an `order`."""
    lead_id = NAMING.lead_of_email(line["lead"])
    if line["order"] == "merge":
        into = NAMING.lead_of_email(line["into"]) if line["into"] else ""
        core.hears("leads", MergeOrder(to=lead_id, into=into, at=at, actor=line["actor"]))
    else:
        said = Ordered(lead_id, at, line["order"])
        core.hears("visitors", Facts(to=line["browser"], received_at=at, at=at, orders=(said,)))
