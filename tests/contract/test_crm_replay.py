"""What a CRM said and no mapping could read: kept, mended, and read again as if it had been good the first time."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins
from msgspec.json import decode
from msgspec.structs import replace

from deploy.again import mapper_with, mapping_variable
from producers.settings import CrmSettings
from schemas.ids import Naming
from schemas.rejected import Kept, Reason, Rejected
from schemas.signals import Signal
from streams.inbox import MemoryDoor
from streams.replay.patch import Patch, merge_patch
from tests.unit.producers.crm_knocks import CRMS, crm_settings, knock, story
from tests.unit.producers.desk import SECRET, desk
from tests.unit.producers.test_generic_crm import DEAL
from tests.unit.replay.made import NOW, remaker, replaying

HERE = Naming(SECRET.encode())
KEY = {"x-write-key": "sk_crm"}
# What makes the first body of each story unreadable: what its mapping did not know then.
SPOILT = {
    "hubspot": (b'"deal.', b'"odd.deal.'),
    "pipedrive": (b'"version": "2.0"', b'"version": "1.0"'),
    "salesforce": (b"sf:Opportunity", b"sf:Oddity"),
}


def replayed(records: list[Rejected], patch: Patch | None = None) -> tuple[list[str], list[Any]]:
    """What became of each, and the messages of `signals`."""
    door = MemoryDoor()
    outcomes = replaying(door, remaker(mapper=mapper_with(HERE))).replay(
        [Kept(0, number, one) for number, one in enumerate(records)], patch
    )
    blocks = [one.value for one in door.records if one.topic == "signals"]
    told = [signal for block in blocks for signal in decode(block, type=list[Signal])]
    return [str(one.preview.why or one.ended) for one in outcomes], ordered(told)


def ordered(messages: list[Any]) -> list[Any]:
    return sorted((to_builtins(one) for one in messages), key=str)


@pytest.fixture(autouse=True)
def mappings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CrmSettings:
    """The collector's, and the command's."""
    made = crm_settings(tmp_path)
    for crm in CRMS:
        monkeypatch.setenv(mapping_variable(crm), str(made.mapping_of(crm)))
    return made


@pytest.mark.parametrize("crm", CRMS)
async def test_what_a_webhook_said_becomes_what_it_would_have_become(crm: str, mappings: CrmSettings) -> None:
    good, bad = SPOILT[crm]
    async with desk(crm=mappings) as d:
        assert (await knock(d, crm, story(crm)[0])).status_code == 200
        expected = ordered(d.signals())
    async with desk(crm=mappings) as d:
        await knock(d, crm, story(crm)[0].replace(good, bad))
        kept = d.rejected()
        assert d.signals() == []
    assert {(one.reason, one.door, one.source) for one in kept} == {(Reason.MAPPING, crm, crm)}
    ended, _ = replayed(kept)
    assert all(why.startswith("the mapping of now cannot read it either") for why in ended)
    known = [replace(one, raw=one.raw.replace(bad, good)) for one in kept]  # as if the mapping knew the word now
    for records in (known, [replace(one, door=None) for one in known], known * 2):
        ended, told = replayed(records)
        assert set(ended) - {"it can be read now, and says nothing that we need"} == {"replayed"}
        assert [one for number, one in enumerate(told) if one not in told[:number]] == expected


async def test_a_deal_is_read_by_the_mapping_file_that_was_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {("nr" if name == "deal_id" else name): value for name, value in DEAL.items()}
    async with desk() as d:
        await d.http.post("/v1/crm/generic", json=DEAL, headers=KEY)
        expected = ordered(d.signals())
        await d.http.post("/v1/crm/generic", json=said, headers=KEY)
        [kept] = d.rejected()
    assert (kept.source, kept.door) == ("crm", "generic/deals")
    assert "cannot read it either: deal_id" in replayed([kept])[0][0]
    packaged = files("producers.crm").joinpath("generic.toml").read_text("utf-8")
    (tmp_path / "mended.toml").write_text(packaged.replace('"deal_id || id"', '"nr"'))
    monkeypatch.setenv("LEADSTREAM_CRM__MAPPING", str(tmp_path / "mended.toml"))
    assert replayed([kept, kept]) == (["replayed", "replayed"], expected * 2)


async def test_a_body_is_mended_by_a_patch_and_speaks_of_the_ids_that_it_spoke_of() -> None:
    async with desk() as d:
        for path, body in (("", {"status": "lost"}), ("/companies", {"employees": 7})):
            await d.http.post(f"/v1/crm/generic{path}?crm=hubspot", json=body, headers=KEY)
        kept = d.rejected()
    assert [one.door for one in kept] == ["hubspot/deals", "hubspot/companies"]
    ended, told = replayed(kept, merge_patch('{"id": "41077", "lost_at": "2026-10-05", "domain": "halden.example"}'))
    assert ended == ["replayed", "replayed"]
    assert {one["to"] for one in told} == {"deal:hubspot:41077", "crm:hubspot:41077"}


def test_what_an_older_release_kept_without_its_door_says_what_to_do() -> None:
    old = Rejected(at=NOW, reason=Reason.MAPPING, detail="deal_id: nothing there", source="crm", raw=b"{}")
    [why], told = replayed([old])
    assert ("an older release kept it" in why, told) == (True, [])
    [outcome] = replaying(MemoryDoor(), remaker(mapper=mapper_with(None))).replay([Kept(0, 0, old)])
    assert "LEADSTREAM_SECRET" in str(outcome.preview.why)
