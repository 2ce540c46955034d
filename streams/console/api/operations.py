"""All operations, one row each: routes, scopes and the OpenAPI document are made of this table."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct
from starlette.requests import Request

from schemas.api_keys import ApiKey, Scope
from schemas.cards import AccountCard, AlertCard, LeadCard
from streams.console.api import acts, reads
from streams.console.api.bodies import (
    AccountPage,
    ActionAccepted,
    ActionWanted,
    AlertPage,
    Findings,
    LeadPage,
    TransitionList,
)
from streams.console.desk import Desk

__all__ = ["OPERATIONS", "Operation", "Parameter"]

Run: TypeAlias = Callable[[Desk, Request, ApiKey], Awaitable[Any]]


class Parameter(Struct, frozen=True):
    """One of the query. `schema` as JSON Schema says it."""

    name: str
    says: str
    schema: dict[str, Any]
    required: bool = False


class Operation(Struct, frozen=True, kw_only=True):
    """One method of one address. `refuses`: statuses beside 401, 403 and 429."""

    name: str
    path: str
    scope: Scope
    summary: str
    answer: type
    run: Run
    method: Literal["GET", "POST"] = "GET"
    status: int = 200
    body: type | None = None
    parameters: tuple[Parameter, ...] = ()
    refuses: tuple[int, ...] = (503,)


_LIMIT: Final = Parameter("limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": reads.MOST,
                                                         "default": reads.USUAL})  # fmt: skip
_CURSOR: Final = Parameter("cursor", "`next` of the answer before.", {"type": "string"})
_STATUS: Final = Parameter("status", "Of which state.", {"enum": list(reads.STATUSES), "default": "open"})
_TEXT: Final = Parameter("q", "The beginning of a name, an e-mail or a domain.", {"type": "string"}, required=True)
_LIST: Final = (400, 503)
_ONE: Final = (404, 503)

OPERATIONS: Final = (
    Operation(name="listLeads", path="/leads", scope="leads:read", summary="Leads by score", answer=LeadPage,
              run=reads.leads, parameters=(_LIMIT, _CURSOR), refuses=_LIST),
    Operation(name="getLead", path="/leads/{lead_id}", scope="leads:read", summary="One lead: score, stage, and why",
              answer=LeadCard, run=reads.lead, refuses=_ONE),
    Operation(name="listTransitions", path="/leads/{lead_id}/transitions", scope="leads:read",
              summary="The moves of one lead", answer=TransitionList, run=reads.transitions, refuses=_ONE),
    Operation(name="listAccounts", path="/accounts", scope="accounts:read", summary="Accounts by engagement",
              answer=AccountPage, run=reads.accounts, parameters=(_LIMIT, _CURSOR), refuses=_LIST),
    Operation(name="getAccount", path="/accounts/{account_id}", scope="accounts:read",
              summary="One account: people, deals, how strong its return is", answer=AccountCard, run=reads.account,
              refuses=_ONE),
    Operation(name="listAlerts", path="/alerts", scope="alerts:read", summary="Alerts of one state", answer=AlertPage,
              run=reads.alerts, parameters=(_STATUS, _LIMIT, _CURSOR), refuses=_LIST),
    Operation(name="getAlert", path="/alerts/{alert_id}", scope="alerts:read", summary="One alert", answer=AlertCard,
              run=reads.alert, refuses=_ONE),
    Operation(name="act", path="/alerts/{alert_id}/actions", scope="alerts:act", method="POST", status=202,
              summary="Claim, contacted, snooze or dismiss", answer=ActionAccepted, body=ActionWanted, run=acts.act,
              refuses=(400, 404, 409, 413, 503)),
    Operation(name="search", path="/search", scope="leads:read", summary="Leads and accounts by their beginnings",
              answer=Findings, run=reads.find, parameters=(_TEXT, _LIMIT), refuses=_LIST),
)  # fmt: skip
