"""Where the fuzz begins: requests of real SDKs and CRMs, and every path that the collector knows."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from pydantic import SecretStr

from producers.collector.server import build
from producers.settings import CollectorSettings, Settings
from producers.sinks.memory import MemorySink

__all__ = ["ENVIRONMENT", "KEYS", "Draft", "drafts", "paths"]

RECORDED: Final = Path(__file__).parents[2] / "contract/recorded"
SOURCES: Final = Path(__file__).with_name("sources.toml")
KEYS: Final = ("wk_site", "wk_test", "id:secret", "sk_crm", "wk_nobody")
PATH_SECRET: Final = "a-long-path-that-nobody-guesses"
# What the collector under the fuzz is told: every door that a setting opens is open.
ENVIRONMENT: Final = {
    "LEADSTREAM_WRITE_KEYS": "wk_site=site,wk_test=site,id:secret=other",
    "LEADSTREAM_SERVER_KEYS": "sk_crm=crm",
    "LEADSTREAM_COLLECTOR__PUBLIC_URL": "http://collector",
    "LEADSTREAM_COLLECTOR__PROXY_HOPS": "1",
    "LEADSTREAM_COLLECTOR__SOURCES": str(SOURCES),
    "LEADSTREAM_COLLECTOR__SNOWPLOW": "true",
    "LEADSTREAM_COLLECTOR__JITSU": "true",
    "LEADSTREAM_LIMITS__NETWORK_EVENTS_PER_S": "0",
    "LEADSTREAM_LIMITS__WRONG_PROOFS_PER_S": "0",
    "LEADSTREAM_CRM__HUBSPOT_SECRET": "client secret of an app",
    "LEADSTREAM_CRM__PIPEDRIVE_SECRET": "leadstream:a password with: a colon",
    "LEADSTREAM_CRM__SALESFORCE_SECRET": PATH_SECRET,
    "LEADSTREAM_CRM__SALESFORCE_ORGANIZATION_ID": "00D5g000004Rp1kEAC",
}
DEALS: Final = (
    b'{"deals":[{"deal_id":"d-1","status":"lost","lost_at":"2026-10-05","updated_at":"2026-10-05","amount":7.5,'
    b'"currency":"EUR","owner":"rep@corp.example","account":"halden.example","people":["a@halden.example"]}]}'
)
COMPANIES: Final = b'{"companies":[{"id":"c-1","domain":"halden.example"}]}'


class Draft(Struct, frozen=True):
    """A request as it should be. `said`: its body where that is JSON, else nothing."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    said: bytes = b""


@cache
def drafts() -> Sequence[Draft]:
    """Recorded ones several times, and a plain one for each path; the same order everywhere."""
    files = sorted(path for path in RECORDED.rglob("*.json") if "crm" not in path.parts)
    recorded = [one for path in files for one in json.loads(path.read_text("utf-8"))["requests"]]
    plain = [Draft(method, path, {}, b"") for path in paths() for method in ("GET", "POST")]
    real = [*map(_of_recording, recorded), *_of_crms()]
    return real * (3 * len(plain) // len(real)) + plain


@cache
def paths() -> Sequence[str]:
    """Every path that the collector serves, with something in its open places."""
    settings = CollectorSettings(snowplow=True, jitsu=True, sources=SOURCES)
    app = build(Settings(secret=SecretStr("no secret, only long enough"), collector=settings), MemorySink())
    quiet = [str(getattr(route, "path", "/")) for route in app._rest.routes]
    filled = [path.replace("{key}", "wk_site").replace("{secret}", PATH_SECRET) for path in quiet]
    return sorted({*app._allowed, *filled})


def _of_recording(one: dict[str, Any]) -> Draft:
    body = json.dumps(one["body"]).encode() if one.get("body") else b""
    return Draft(one["method"], one["path"], one["headers"], body, body)


def _of_crms() -> list[Draft]:
    found = [
        Draft("POST", f"/v1/crm/{path.parent.name}", {}, path.read_bytes(), path.read_bytes())
        for path in sorted((RECORDED / "crm").glob("*/*.json"))
    ]
    found += [
        Draft("POST", f"/v1/crm/salesforce/{PATH_SECRET}", {"content-type": "text/xml"}, path.read_bytes())
        for path in sorted((RECORDED / "crm/salesforce").glob("*.xml"))
    ]
    key = {"authorization": "Bearer sk_crm"}
    return [
        *found,
        Draft("POST", "/v1/crm/generic", key, DEALS, DEALS),
        Draft("POST", "/v1/crm/generic/companies", key, COMPANIES, COMPANIES),
    ]
