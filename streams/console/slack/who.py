"""Who pressed a button in Slack, and the line of the audit log about it.

A rep is known by Slack's id of a member (`LEADSTREAM_SLACK__USERS`) alone: a name there is whatever its owner writes.
"""

from typing import Final

import structlog
from msgspec import Struct

from schemas.deals import Owner
from streams.console.access.audit import AuditLine
from streams.console.alerts.seat import IN_SLACK, seat_of
from streams.console.desk import Desk
from streams.console.rules.at_hand import rules_at
from streams.console.tongue import Language
from streams.core.rulebook.routing_rules import RoutingRules

__all__ = ["ROLE", "Who", "can_write", "who_is", "write"]

ROLE: Final = "slack"  # of whoever may press there: who reads the channel
WHAT: Final = "act on alert"
log = structlog.get_logger()


class Who(Struct, frozen=True, kw_only=True):
    """`actor`: as others see them; `by`: the rep that they are, None = not one that we know; `member`: Slack's id.

    `language`: the rep's, else that of teams.
    """

    actor: str
    member: str
    by: Owner | None = None
    language: Language = "en"


async def who_is(desk: Desk, member: str, *, name: str) -> Who:
    """Where the rules cannot be read nobody is a rep: the press counts all the same."""
    email = desk.slack.members.get(member) if desk.slack is not None else None
    rules = await rules_at(desk)
    by = None if rules is None or not email else seat_of(email, rules.routing).by
    return Who(actor=f"{(by.name or by.email) if by else name}{IN_SLACK}", member=member, by=by,
               language="en" if rules is None else _language(rules.routing.rules, by))  # fmt: skip


def _language(rules: RoutingRules, by: Owner | None) -> Language:
    rep = None if by is None else next((one for one in rules.rep if one.email == by.email), None)
    return rules.language if rep is None else rep.language


def can_write(desk: Desk) -> bool:
    """Whether the log takes a line: what cannot be written down is not done."""
    try:
        desk.audit.check()
    except OSError as error:
        log.warning("audit_log_not_written", error=str(error))
        return False
    return True


def write(desk: Desk, who: Who, alert_id: str, *, answer: int) -> None:
    """One press and what became of it, as an HTTP status like those of the inbox: 303, 404, 409, 503."""
    line = AuditLine(
        at=desk.now(), user=who.actor, role=ROLE, what=WHAT, id=alert_id, answer=answer, member=who.member
    )
    try:
        desk.audit.write(line)
    except OSError as error:
        log.warning("audit_log_not_written", error=str(error))
