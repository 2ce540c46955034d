"""Roll-up of an account's engagement: the chance that not all of its strongest members are cold.

E = 100 x (1 - product of (1 - e / 100)) over the strongest five, so it never falls when a colleague joins. Everything
in tenths of a point.
"""

from collections.abc import Iterable, Mapping
from math import floor, prod

from schemas.cards import RollUpLine
from schemas.signals import Intent, Member
from streams.core.account.row import Rest
from streams.core.days import DAY_MS
from streams.core.rulebook.returns_rules import ReturnsRules

__all__ = ["engagement_of", "roll_up"]

MOST_TENTHS = 1_000


def roll_up(
    members: Mapping[str, Member], *, rest: Mapping[str, Rest], networks: Mapping[str, Member], intent: Intent | None,
    as_of: int, rules: ReturnsRules,
) -> tuple[RollUpLine, ...]:  # fmt: skip
    """The strongest, strongest first (ties: smaller id): leads, and as one more each visitors of networks and intent.

    Nobody at a dead end and nobody silenced; visitors of the company's networks weigh less.
    """
    warm = [
        (_clamped(tenths), who)
        for who, one in members.items()
        if (tenths := one.engagement_tenths) > 0 and not one.dead_end and not one.silenced
    ]
    warm += [
        (_clamped(tenths), who) for who, one in rest.items() if (tenths := one.engagement_tenths) > 0 and one.counts
    ]
    warm += [
        (floor(_clamped(one.engagement_tenths) * rules.network_weight + 0.5), f"network:{who}")
        for who, one in networks.items()
    ]
    if intent is not None:
        warm.append((_intent_tenths(intent, as_of=as_of, rules=rules), f"intent:{intent.intent_id}"))
    warm.sort(key=lambda one: (-one[0], one[1]))
    return tuple(RollUpLine(who=who, tenths=tenths) for tenths, who in warm[: rules.roll_up_members] if tenths)


def engagement_of(lines: Iterable[RollUpLine]) -> int:
    """E in tenths, 0-1000. Members of 80, 50, 30 and 20 points give 94.4."""
    return floor(MOST_TENTHS * (1 - prod(1 - line.tenths / MOST_TENTHS for line in lines)) + 0.5)


def _clamped(tenths: int) -> int:
    return min(max(tenths, 0), MOST_TENTHS)


def _intent_tenths(intent: Intent, *, as_of: int, rules: ReturnsRules) -> int:
    """What third parties saw, as it has faded; what lies ahead of the row's time counts as fresh."""
    days = max(as_of - intent.at, 0) / DAY_MS
    return _clamped(floor(10 * rules.intent_points * 2.0 ** (-days / rules.intent_half_life_days) + 0.5))
