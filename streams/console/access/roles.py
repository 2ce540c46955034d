"""The four roles. Each may all that the one before it may.

>>> may("rep", "viewer"), may("rep", "leader")
(True, False)
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from streams.console.tongue import N_

__all__ = ["NAMES", "ROLES", "Role", "may"]

Role: TypeAlias = Literal["viewer", "rep", "leader", "operator"]
ROLES: Final[Mapping[Role, str]] = {
    "viewer": N_("looks"),
    "rep": N_("also acts on alerts and sets leads aside"),
    "leader": N_("also reads reports, decides thresholds, hands alerts to others, exports and erases people"),
    "operator": N_("also sees rejected and live events, replays, looks after channels and users"),
}
NAMES: Final[Mapping[Role, str]] = {
    "viewer": N_("viewer"), "rep": N_("rep"), "leader": N_("leader"), "operator": N_("operator"),
}  # fmt: skip
_RANKS: Final = {role: rank for rank, role in enumerate(ROLES)}


def may(role: Role, needed: Role) -> bool:
    """Whether who has this role may do what needs that one."""
    return _RANKS[role] >= _RANKS[needed]
