"""What an operator orders in a journey, about a `lead` by its e-mail.

`merge` `into` another ("" takes it back); `deny` or `allow` at a `browser`.
"""

from typing import Any

from schemas.delivery import VisitorOrder
from schemas.touches import MergeOrder
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
        core.order(VisitorOrder(to=line["browser"], kind=line["order"], lead_id=lead_id, at=at, actor=line["actor"]))
