"""What people answer to an alert, as forms say it: what each needs, and what undoes it.

Which ones there are says the schema, and which an alert takes now its card: nothing is decided here.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from schemas.cards import AlertCard
from schemas.deals import Owner
from schemas.signals import AlertAction, AlertVerb
from streams.console.tongue import N_
from streams.core.days import DAY_MS

__all__ = [
    "ABOUT_SOMEBODY", "ACTIONS", "DISMISSALS", "NOT_BUYERS", "OUTCOMES", "UNDONE_BY", "about", "lacks", "wanted",
]  # fmt: skip

ACTIONS: Final[Mapping[str, AlertVerb]] = {verb: verb for verb in get_args(AlertVerb)}
OUTCOMES: Final[Mapping[str, Literal["no", "talking"]]] = {"no": "no", "talking": "talking"}
NOT_BUYERS: Final = ("staff", "student", "competitor", "job_seeker", "partner")
DISMISSALS: Final = {
    "wrong_company": N_("Wrong company"), "staff": N_("Not a buyer: staff"), "student": N_("Not a buyer: student"),
    "competitor": N_("Not a buyer: competitor"), "job_seeker": N_("Not a buyer: job seeker"),
    "partner": N_("Not a buyer: partner"), "not_now": N_("Not now"),
}  # fmt: skip
ABOUT_SOMEBODY: Final = ("not_a_buyer", "wrong_company")
UNDONE_BY: Final[Mapping[str, str]] = {"claimed": "release", "snoozed": "wake"}
"""By the alert's status. What is closed stays closed: a lead may have moved by it."""
LONGEST_SNOOZE: Final = 365  # days
LONGEST_REASON: Final = 200


def about(alert: AlertCard, fields: Mapping[str, str]) -> str:
    """The lead that an answer is about: whom the form names, else the only one whom the alert shows; "" = not said."""
    shown = [person.lead_id for person in alert.people]
    named = fields.get("lead_id", "")
    if named:
        return named if named in shown else ""
    return shown[0] if len(shown) == 1 else ""


def lacks(alert: AlertCard, action: AlertVerb, fields: Mapping[str, str]) -> str:
    """What a form did not say, for a person; "" = nothing."""
    if action == "contacted" and fields.get("outcome", "") not in OUTCOMES:
        return N_("Please say whether you are talking.")
    if action == "not_a_buyer" and fields.get("reason", "") not in NOT_BUYERS:
        return N_("Please say why they do not buy.")
    if action in ABOUT_SOMEBODY and not about(alert, fields) and not _is_about_strangers(alert, action):
        return N_("Please say who it is about.")
    if action == "snooze" and not _is_days(fields.get("days", "")):
        return N_("Please say for how many days: 1 to 365.")
    return ""


def wanted(alert: AlertCard, action: AlertVerb, fields: Mapping[str, str], *, actor: str, at: int,
           by: Owner | None = None) -> AlertAction:  # fmt: skip
    """The message for the alert's account. `fields` lack nothing. `by`: the rep that the actor is."""
    days = fields.get("days", "")
    return AlertAction(
        to=alert.account_id,
        alert_id=alert.alert_id,
        action=action,
        reason=fields.get("reason", "")[:LONGEST_REASON],
        outcome=OUTCOMES.get(fields.get("outcome", ""), "") if action == "contacted" else "",
        lead_id=about(alert, fields) if action in ABOUT_SOMEBODY else "",
        until=at + int(days) * DAY_MS if action == "snooze" and days else 0,
        actor=actor,
        at=at,
        by=by,
    )


def _is_about_strangers(alert: AlertCard, action: AlertVerb) -> bool:
    """An alert that shows nobody is about whoever came from the company's network."""
    return action == "wrong_company" and not alert.people


def _is_days(text: str) -> bool:
    """Nothing: as long as the rules say."""
    return not text or (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= LONGEST_SNOOZE)
