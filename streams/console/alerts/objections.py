"""Why an answer to an alert cannot be asked for, said to a person: on a page, in Slack and by the API alike."""

from collections.abc import Mapping

from schemas.cards import AlertCard
from schemas.signals import AlertVerb
from streams.console.alerts.acts import DISMISSALS, lacks
from streams.console.shown import OnDay
from streams.console.tongue import N_, filled
from streams.core.alert.ends import IN_WORK

__all__ = ["objection"]


def objection(alert: AlertCard, action: AlertVerb, fields: Mapping[str, str], *, actor: str) -> str:
    """Why this cannot be asked for, "" = it can. The agents check again: another may be faster."""
    if action == "claim" and alert.status == "claimed":
        return (
            N_("You have this already.")
            if alert.claimed_by == actor
            else filled(N_("%(who)s was faster and has this already."), who=alert.claimed_by)
        )
    if alert.status not in IN_WORK:
        return N_("This alert is closed.")
    if action not in alert.offers:
        return _not_offered(alert)
    if action == "dismiss" and fields.get("reason", "") not in DISMISSALS:
        return N_("Please say why it is dismissed.")
    return lacks(alert, action, fields)


def _not_offered(alert: AlertCard) -> str:
    if alert.hold_until is None:
        return N_("This alert does not offer that now.")
    msgid = N_("Information only: no contact before %(day)s, unless they ask for it.")
    return filled(msgid, day=OnDay(alert.hold_until))
