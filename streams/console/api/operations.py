"""All operations, one row each: routes, scopes and the OpenAPI document are made of this table."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct
from starlette.requests import Request

from schemas.api_keys import ApiKey, Scope
from schemas.cards import AccountCard, AlertCard, LeadCard
from streams.console.api import acts, audiences, books, costs, log, people, person, reads
from streams.console.api.audiences import AudienceList, AudienceMember, LeaverPage, MemberPage
from streams.console.api.bodies import (
    AccountPage,
    ActionAccepted,
    ActionWanted,
    AlertPage,
    Findings,
    LeadPage,
    TransitionList,
)
from streams.console.api.books import Books
from streams.console.api.costs import CostList, CostsWanted
from streams.console.api.log import TransitionStream
from streams.console.api.people import MailAnswered, MailAsked, Profile
from streams.console.api.person import EraseAccepted, EraseWanted, PersonExport
from streams.console.api.whom import Whom
from streams.console.desk import Desk
from streams.console.flow.asked import COUNTED, NOT_KNOWN, WINDOWS
from streams.console.leads.person import PROOFS
from streams.core.flow.books import LABELS

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
    method: Literal["GET", "POST", "PUT"] = "GET"
    status: int = 200
    body: type | None = None
    parameters: tuple[Parameter, ...] = ()
    refuses: tuple[int, ...] = (503,)


_LIMIT: Final = Parameter("limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": reads.MOST,
                                                         "default": reads.USUAL})  # fmt: skip
_CURSOR: Final = Parameter("cursor", "`next` of the answer before.", {"type": "string"})
_STATUS: Final = Parameter("status", "Of which state.", {"enum": list(reads.STATUSES), "default": "open"})
_TEXT: Final = Parameter("q", "The beginning of a name, an e-mail or a domain.", {"type": "string"}, required=True)
_BEGIN: Final = Parameter("from", "Where to begin without a cursor: at the first move, or with those from now on.",
                          {"enum": list(log.BEGINNINGS), "default": "first"})  # fmt: skip
_WINDOW: Final = Parameter("window", "Which days, in the site's time zone.", {"enum": list(WINDOWS), "default": "28d"})
_OF: Final = Parameter("of", "What is counted. An account stands where its furthest lead does.",
                       {"enum": list(COUNTED), "default": "people"})  # fmt: skip
_BY: Final = Parameter("by", "Parts by this label too.", {"enum": list(LABELS)})
_CUTS: Final = tuple(
    Parameter(label, f"Only leads with this {label}; `{NOT_KNOWN}` = those without.", {"type": "string"})
    for label in LABELS
)
_PROOF: Final = Parameter("proof", "How you made sure that it is they who ask.", {"enum": list(PROOFS)}, required=True)
_LIST: Final = (400, 503)
_ONE: Final = (404, 503)

OPERATIONS: Final = (
    Operation(name="listLeads", path="/leads", scope="leads:read", summary="Leads by score", answer=LeadPage,
              run=reads.leads, parameters=(_LIMIT, _CURSOR), refuses=_LIST),
    Operation(name="getLead", path="/leads/{lead_id}", scope="leads:read", summary="One lead: score, stage, and why",
              answer=LeadCard, run=reads.lead, refuses=_ONE),
    Operation(name="listTransitions", path="/leads/{lead_id}/transitions", scope="leads:read",
              summary="The moves of one lead", answer=TransitionList, run=reads.transitions, refuses=_ONE),
    Operation(name="exportLead", path="/leads/{lead_id}/export", scope="people:export",
              summary="All that is known of one person, to be handed to them", answer=PersonExport, run=person.export,
              parameters=(_PROOF,), refuses=(400, 404, 503)),
    Operation(name="eraseLead", path="/leads/{lead_id}/erase", scope="people:erase", method="POST", status=202,
              summary="Erase one person for good", answer=EraseAccepted, body=EraseWanted, run=person.erase,
              refuses=(400, 404, 413, 503)),
    Operation(name="listAllTransitions", path="/transitions", scope="leads:read",
              summary="All moves from stage to stage, since a cursor", answer=TransitionStream,
              run=log.all_transitions, parameters=(_BEGIN, _LIMIT, _CURSOR), refuses=_LIST),
    Operation(name="getLedger", path="/ledger", scope="flow:read", summary="Flow and balance of a window",
              answer=Books, run=books.ledger, parameters=(_OF, _WINDOW, _BY, *_CUTS), refuses=_LIST),
    Operation(name="listCosts", path="/costs", scope="costs:read", summary="What media and programs cost",
              answer=CostList, run=costs.costs, refuses=_ONE),
    Operation(name="replaceCosts", path="/costs", scope="costs:write", method="PUT",
              summary="Replace all that media and programs cost", answer=CostList, body=CostsWanted,
              run=costs.replace_costs, refuses=(400, 404, 412, 413, 503)),
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
    Operation(name="listAudiences", path="/audiences", scope="audiences:read", summary="Audiences and their sizes",
              answer=AudienceList, run=audiences.audiences),
    Operation(name="listMembers", path="/audiences/{audience}/members", scope="audiences:read",
              summary="Who is in an audience, the newest first", answer=MemberPage, run=audiences.members,
              parameters=(_LIMIT, _CURSOR), refuses=(400, 404, 503)),
    Operation(name="getMember", path="/audiences/{audience}/members/{lead_id}", scope="audiences:read",
              summary="One member of an audience", answer=AudienceMember, run=audiences.member, refuses=_ONE),
    Operation(name="listLeavers", path="/audiences/{audience}/left", scope="audiences:read",
              summary="Who left an audience, the newest first", answer=LeaverPage, run=audiences.leavers,
              parameters=(_LIMIT, _CURSOR), refuses=(400, 404, 503)),
    Operation(name="getProfile", path="/profiles", scope="profiles:read", method="POST",
              summary="What a page may be made of for one person", answer=Profile, body=Whom, run=people.profile,
              refuses=(400, 413, 503)),
    Operation(name="getVisitorProfile", path="/profiles/visitors/{visitor_id}", scope="profiles:visitor",
              summary="What a page may be made of for whoever uses one browser", answer=Profile,
              run=people.visitor_profile, refuses=_LIST),
    Operation(name="mayMail", path="/may-mail", scope="mail:ask", method="POST",
              summary="May a mail go to this person now, and why not", answer=MailAnswered, body=MailAsked,
              run=people.may_mail_to, refuses=(400, 413, 503)),
    Operation(name="search", path="/search", scope="leads:read", summary="Leads and accounts by their beginnings",
              answer=Findings, run=reads.find, parameters=(_TEXT, _LIMIT), refuses=_LIST),
)  # fmt: skip
