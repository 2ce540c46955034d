"""Who may what: one line for each address of the console, with what the audit log says of it.

An address without a line needs an operator; a test finds it.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from streams.console.access.roles import Role

__all__ = ["RIGHTS", "UNKNOWN", "Right", "right_of"]


class Right(Struct, frozen=True):
    """`role`: what it needs at least. `what`: the look or act in the audit log, "" = it shows nobody.

    `id`: the part of the address that says of whom or what.
    """

    role: Role
    what: str = ""
    id: str = ""


UNKNOWN: Final = Right("operator", "unknown")
_NOBODY: Final = Right("viewer")
RIGHTS: Final[Mapping[str, Right]] = {
    "GET /": Right("viewer", "inbox"),
    "GET /closed": Right("viewer", "closed alerts"),
    "GET /alerts/{alert_id}": Right("viewer", "alert", "alert_id"),
    "POST /alerts/{alert_id}/{action}": Right("rep", "act on alert", "alert_id"),
    "GET /leads": Right("viewer", "leads"),
    "GET /leads/{lead_id}": Right("viewer", "lead", "lead_id"),
    "POST /leads/{lead_id}/disposition": Right("rep", "dispose of lead", "lead_id"),
    "POST /leads/{lead_id}/checks": Right("rep", "answer checks of lead", "lead_id"),
    "POST /leads/{lead_id}/undo": Right("rep", "take back what was said of lead", "lead_id"),
    "GET /leads/{lead_id}/merge": Right("leader", "preview merge of lead", "lead_id"),
    "POST /leads/{lead_id}/merge": Right("leader", "merge lead", "lead_id"),
    "GET /leads/{lead_id}/unmerge": Right("leader", "preview un-merge of lead", "lead_id"),
    "POST /leads/{lead_id}/unmerge": Right("leader", "un-merge lead", "lead_id"),
    "GET /leads/{lead_id}/browser": Right("leader", "preview of a browser of lead", "lead_id"),
    "POST /leads/{lead_id}/browser": Right("leader", "browser of lead", "lead_id"),
    "GET /leads/{lead_id}/erase": Right("leader", "ask to erase lead", "lead_id"),
    "POST /leads/{lead_id}/erase": Right("leader", "erase lead", "lead_id"),
    "GET /leads/{lead_id}/export.json": Right("leader", "export lead", "lead_id"),
    "GET /accounts": Right("viewer", "accounts"),
    "GET /accounts/{account_id:path}": Right("viewer", "account", "account_id"),
    "GET /audiences": Right("viewer", "audiences"),
    "GET /search": Right("viewer", "search"),
    "GET /flow": _NOBODY,
    "GET /flow/table.csv": Right("viewer", "flow as a table"),
    "GET /flow/costs": Right("leader", "costs"),
    "GET /flow/costs.csv": Right("leader", "costs as a table"),
    "GET /flow/report/{reader}": Right("leader", "report", "reader"),
    "GET /supply": _NOBODY,
    "POST /supply/approve/{threshold}": Right("leader", "approve a threshold", "threshold"),
    "POST /supply/decline/{threshold}": Right("leader", "decline a threshold", "threshold"),
    "GET /rules": _NOBODY,
    "GET /rules/compare": Right("leader", "compare rules"),
    "GET /rules/compare.csv": Right("leader", "compare rules, as a table"),
    "GET /rules/paste": Right("leader", "rules in force, to be written over"),
    "POST /rules/paste": Right("leader", "bring rules"),
    "GET /rules/review": Right("leader", "review of new rules"),
    "GET /rules/review.csv": Right("leader", "review of new rules, as a table"),
    "POST /rules/review/{lead_id}": Right("leader", "review a lead", "lead_id"),
    "GET /rejected": Right("operator", "rejected"),
    "GET /rejected/{place}": Right("operator", "rejected bytes", "place"),
    "POST /rejected/{place}/preview": Right("operator", "preview a replay", "place"),
    "POST /rejected/{place}/replay": Right("operator", "replay", "place"),
    "GET /channels": Right("operator"),
    "POST /channels/{channel}/test": Right("operator", "try channel", "channel"),
    "GET /users": Right("operator", "users"),
    "POST /users/add": Right("operator", "add user"),
    "POST /users/role": Right("operator", "give role to user"),
    "POST /users/disable": Right("operator", "disable user"),
    "POST /users/enable": Right("operator", "enable user"),
    "POST /users/link": Right("operator", "make a link for user"),
    "POST /users/sign-out": Right("operator", "end sessions of user"),
    "POST /users/company/sign-out": Right("operator", "end sessions of company account"),
    "GET /debugger": Right("operator", "live events"),
    "GET /debugger/live": Right("operator", "live events"),
    "GET /live": _NOBODY,
    "GET /me": _NOBODY,
    "POST /me/sign-out-everywhere": Right("viewer", "sign out everywhere"),
    "POST /me/sign-out-elsewhere": Right("viewer", "sign out in other browsers"),
    "POST /me/theme": _NOBODY,
    "POST /me/language": _NOBODY,
    "GET /login": _NOBODY,
    "POST /login": _NOBODY,
    "GET /login/openid": _NOBODY,
    "GET /login/openid/back": _NOBODY,
    "POST /login/openid/logout": _NOBODY,  # the provider signs who signed out; the page writes that down
    "GET /login/{token}": _NOBODY,
    "GET /login/password/{token}": _NOBODY,
    "POST /login/password/{token}": _NOBODY,  # the page itself writes down who chose
    "POST /logout": Right("viewer", "sign out"),
    "POST /slack/actions": _NOBODY,  # Slack signs who presses
    "GET /healthz": _NOBODY,
    "GET /readyz": _NOBODY,
    "GET /metrics": _NOBODY,
    "GET /favicon.ico": _NOBODY,
}  # fmt: skip


def right_of(method: str, path: str) -> Right:
    """What an address needs. `path` is that of its route; HEAD looks as GET does."""
    return RIGHTS.get(f"{'GET' if method == 'HEAD' else method} {path}", UNKNOWN)
