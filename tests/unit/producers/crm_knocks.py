"""CRMs at the collector's door: their secrets, their proofs, their recorded bodies."""

import hmac
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Final

import httpx
from pydantic import SecretStr

from producers.settings import CrmSettings
from tests.unit.producers.desk import NOW, Desk

RECORDED: Final = Path(__file__).parents[2] / "contract/recorded/crm"
HUBSPOT_SECRET: Final = "client secret of an app"
PIPEDRIVE_SECRET: Final = "leadstream:a password with: a colon"
SALESFORCE_SECRET: Final = "a-long-path-that-nobody-guesses"
ORGANIZATION: Final = "00D5g000004Rp1kEAC"
CRMS: Final = ("hubspot", "pipedrive", "salesforce")
RITA: Final = '"7001" = "Rita Sommer <rita.sommer@planwerk.example>"\n'
COMPETITOR: Final = 'competitor = "d2f0c1aa3b4c5d6e7f8091a2b3c4d5e6f7a8b9c0"\n'


def crm_settings(folder: Path) -> CrmSettings:
    """All three set up, with mapping files as their owners would have changed them."""
    for crm in CRMS:
        packaged = files("producers.crm").joinpath(f"{crm}.toml").read_text("utf-8")
        changed = packaged.replace("[owners]\n", f"[owners]\n{RITA}")
        if crm == "pipedrive":
            changed = changed.replace("[company]\n", f"{COMPETITOR}\n[company]\n", 1)
        (folder / f"{crm}.toml").write_text(changed, encoding="utf-8")
    return CrmSettings(
        hubspot_secret=SecretStr(HUBSPOT_SECRET), hubspot_mapping=folder / "hubspot.toml",
        pipedrive_secret=SecretStr(PIPEDRIVE_SECRET), pipedrive_mapping=folder / "pipedrive.toml",
        salesforce_secret=SecretStr(SALESFORCE_SECRET), salesforce_mapping=folder / "salesforce.toml",
        salesforce_organization_id=ORGANIZATION,
    )  # fmt: skip


def hubspot_headers(
    body: bytes, *, uri: str = "http://collector/v1/crm/hubspot", at: int = NOW, secret: str = HUBSPOT_SECRET
) -> dict[str, str]:
    said = b"POST" + uri.encode() + body + str(at).encode()
    signature = b64encode(hmac.new(secret.encode(), said, sha256).digest()).decode()
    return {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": str(at)}


async def knock(d: Desk, crm: str, body: bytes) -> httpx.Response:
    """This body with the proof that its CRM would bring."""
    match crm:
        case "hubspot":
            return await d.http.post("/v1/crm/hubspot", content=body, headers=hubspot_headers(body))
        case "pipedrive":
            user, _, password = PIPEDRIVE_SECRET.partition(":")
            return await d.http.post("/v1/crm/pipedrive", content=body, auth=(user, password))
        case _:
            return await d.http.post(f"/v1/crm/salesforce/{SALESFORCE_SECRET}", content=body)


def recorded(crm: str, name: str) -> bytes:
    (path,) = (RECORDED / crm).glob(f"{name}.*")
    return path.read_bytes()


def story(crm: str) -> list[bytes]:
    """What the CRM posts of the lost deal, in order."""
    return [path.read_bytes() for path in sorted((RECORDED / crm).glob("story-*"))]
