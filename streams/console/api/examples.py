"""An answer of each operation, as the OpenAPI document shows it; a test holds each against its schema.

Cards are those of `schemas/examples`. People and companies are invented.
"""

from collections.abc import Callable, Mapping
from importlib.resources import files
from json import loads
from typing import Any, Final

__all__ = ["BODIES", "REFUSALS", "example_of", "webhook_example"]

AT: Final = 1_795_252_570_000
LEAD_ID: Final = "5d1c9a4be0f7436c82a0d9f17b3e6c55"
CURSOR: Final = "WyJsZWFkczpieV9zY29yZSIsWzExMzgsIjVkMWMiXV0"
MEMBER: Final = {
    "lead_id": LEAD_ID, "since": AT, "email": "mara@halden-optics.example", "name": "Mara Lind",
    "account_id": "halden-optics.example", "stage": "nurture", "score_tenths": 738, "grade": "B1",
    "segment": "compliance",
}  # fmt: skip
LINE: Final = {
    "stage": "gained", "next_stage": "nurture", "opening": 0, "came": 10000, "passed": 0, "to_next": 7000,
    "recycled": 0, "ended": 1000, "back": 0, "aside": 0, "closing": 2000, "flow_cvr": 70.0, "cohort_came": 10000,
    "cohort_reached": 7600, "cohort_cvr": 76.0, "median_days": 4.2, "p90_days": 19.5,
}  # fmt: skip


def _card(topic: str, name: str) -> Any:
    return loads(files("schemas").joinpath(f"examples/{topic}/{name}.json").read_text(encoding="utf-8"))


def _lead() -> Any:
    return _card("leads", "back_from_recycle")


def _account() -> Any:
    return _card("accounts", _first("accounts"))


def _alert() -> Any:
    return _card("alerts", _first("alerts"))


def _move() -> Any:
    return _card("transitions", _first("transitions"))


def _first(topic: str) -> str:
    names = (one.name for one in files("schemas").joinpath(f"examples/{topic}").iterdir())
    return min(name.removesuffix(".json") for name in names if name.endswith(".json"))


def _page(*items: Any, after: str | None = CURSOR, **more: Any) -> Any:
    return {"items": list(items), "next": after} | more


PROFILE: Final = {
    "known": True, "segment": "compliance", "review": "late",
    "content": [{"title": "Security and compliance", "path": "/security*", "asset": "", "gate": "open"}],
    "audiences": ["hot_compliance"], "as_of": AT, "behind_ms": 800, "stale": False,
}  # fmt: skip
COSTS: Final = [
    {"medium": "fair", "amount": 12000.0, "from": "2026-03-01", "to": "2026-03-10", "program": "expo-26", "source": "",
     "currency": None, "note": "stand and travel"},
    {"medium": "search", "amount": 4200.0, "from": "2026-03-01", "to": "2026-03-31", "program": "", "source": "google",
     "currency": "USD", "note": ""},
]  # fmt: skip
_ANSWERS: Final[Mapping[str, Callable[[], Any]]] = {
    "listLeads": lambda: _page(_lead()),
    "getLead": _lead,
    "listTransitions": lambda: {"items": [_move()]},
    "exportLead": lambda: {
        "person": {"lead_id": LEAD_ID, "name": "Mara Lindqvist", "email": "mara@halden-optics.example"},
        "known_also_as": [], "at_their_company": {"account_id": "halden-optics.example", "name": "Halden Optics",
                                                  "what_is_said_of_them": None},
        "alerts_that_name_them": [],
    },
    "eraseLead": lambda: {"lead_ids": [LEAD_ID], "actor": "crm-sync", "at": AT},
    "listAllTransitions": lambda: _page(_move(), after="WyJ0cmFuc2l0aW9ucyIseyIwIjo0Mn1d", more=False),
    "getLedger": lambda: {
        "of": "people",
        "as_of": AT, "from_day": "2026-11-01", "to_day": "2026-11-21", "is_open": True, "ever_gained": 10000,
        "wins": 70, "return_wins": 3, "reconciles": True, "stages": [LINE], "by": "medium",
        "parts": [{"value": "social", "stages": [LINE]}], "more": 0,
    },
    "listCosts": lambda: {"items": COSTS, "currency": "EUR"},
    "replaceCosts": lambda: {"items": COSTS, "currency": "EUR"},
    "listAccounts": lambda: _page(_account()),
    "getAccount": _account,
    "listAlerts": lambda: _page(_alert(), after=None),
    "getAlert": _alert,
    "act": lambda: {"alert_id": "al_1e9a7bea89bf0b9228f7", "action": "claim", "actor": "crm-sync", "at": AT},
    "listAudiences": lambda: {
        "items": [{"name": "hot_compliance", "label": "Has to prove security, and is not with sales yet",
                   "rule": "segment is compliance; and score is at least 60", "announced": True, "members": 41}],
        "behind_ms": 800,
    },
    "listMembers": lambda: _page(MEMBER, behind_ms=800),
    "getMember": lambda: MEMBER,
    "listLeavers": lambda: _page({"lead_id": LEAD_ID, "at": AT}, after=None, behind_ms=800),
    "getProfile": lambda: PROFILE,
    "getVisitorProfile": lambda: PROFILE,
    "mayMail": lambda: {
        "may": False, "purpose": "marketing",
        "reasons": [{"code": "hold", "says": "A hold lasts: no marketing mail.", "until": AT, "since": None}],
        "until": AT, "behind_ms": 800,
    },
    "search": lambda: {"leads": [_lead()], "accounts": [], "more": False},
}  # fmt: skip
BODIES: Final[Mapping[str, Any]] = {
    "act": {"action": "contacted", "outcome": "talking", "actor": "Ines Duarte"},
    "getProfile": {"email": "mara@halden-optics.example"},
    "eraseLead": {"proof": "confirmed", "actor": "Ines Duarte"},
    "replaceCosts": {"items": [
        {"medium": "fair", "program": "expo-26", "from": "2026-03-01", "to": "2026-03-10", "amount": 12000},
    ]},
    "mayMail": {"email": "mara@halden-optics.example", "purpose": "marketing"},
}
# Status -> the end of a problem's type, and what it says.
REFUSALS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad-parameter", "`limit` is a number from 1 to 200."),
    401: ("unknown-key", "This key is unknown, revoked or has ended. Ask for a new one."),
    403: ("no-scope", "This key has leads:read; this needs alerts:act. Make a key that has it."),
    404: ("unknown", "No lead has this id. A card is here within seconds of its first event."),
    409: ("not-now", "Ines Duarte has claimed this alert."),
    412: ("changed", "The costs are others than those that If-Match names. Read them again."),
    413: ("too-large", "A body has at most 4096 bytes."),
    429: ("too-many-requests", "This key may ask 20 times a second. Wait a second."),
    503: ("read-model-away", "Redis does not answer, so there is nothing to read. Ask again in a few seconds."),
}  # fmt: skip


def example_of(operation: str) -> Any:
    """What this operation may answer. Raises KeyError."""
    return _ANSWERS[operation]()


def webhook_example(kind: str) -> Any:
    """What a webhook of this type may say. Raises KeyError."""
    return {"type": kind, "timestamp": "2026-11-21T10:36:10+00:00", "data": _DATA[kind]()}


def _raised() -> Any:
    return {"post_id": "po_83e7d5e1948b7bf01bf8", "level": "real_time", "alert": _alert(), "occasion": "raised",
            "url": "https://console.example/alerts/al_1e9a7bea89bf0b9228f7", "detail": ""}  # fmt: skip


def _changed() -> Any:
    return {"url": "https://console.example/alerts/al_1e9a7bea89bf0b9228f7", "alert": _alert()}


_AUDIENCE: Final = {"audience": "hot_compliance", "lead_id": LEAD_ID, "at": AT, "version": [0, 91]}
_DATA: Final[Mapping[str, Callable[[], Any]]] = {
    "alert.closed": _changed,
    "alert.digest": lambda: {"post_id": "di_83e7d5e1948b7bf01bf8", "alerts": [_raised()], "ahead": [], "waiting": 0},
    "alert.raised": _raised,
    "alert.updated": _changed,
    "audience.entered": lambda: _AUDIENCE,
    "audience.left": lambda: _AUDIENCE,
    "lead.merged": lambda: {"lead_id": LEAD_ID, "into": "0f8e2c7b96d14a53b1e07c4d2a9f6831", "number": 4,
                            "actor": "Ada Park"},
    "lead.stage_changed": _move,
}  # fmt: skip
