"""What a mail provider said and nobody could read: kept, and read again as if it had been good the first time."""

import json
from typing import Any

import pytest
from msgspec import to_builtins
from msgspec.json import decode, encode
from msgspec.structs import replace

from deploy.again import mapper_with
from schemas.ids import Naming
from schemas.rejected import Kept, Reason, Rejected
from schemas.touches import Touch
from streams.inbox import MemoryDoor
from streams.replay.inside import inside
from streams.replay.patch import Patch, expression, merge_patch, patched
from tests.unit.producers.desk import NOW, SECRET
from tests.unit.producers.mail_door import ADDRESSED, POSTMARK, STAMP, Door, door
from tests.unit.producers.mail_knocks import sendgrid, ses, sns
from tests.unit.producers.mails import ANN
from tests.unit.replay.made import remaker, replaying

HERE = Naming(SECRET.encode())
BOUNCE: dict[str, Any] = {
    "RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "Email": "ann@acme.example", "MessageID": "pm-1",
    "BouncedAt": "2026-11-21T09:00:05Z",
}  # fmt: skip
# What each provider says: good, and as it was when this release did not know the word.
SAID: dict[str, tuple[Any, Any]] = {
    "postmark": (BOUNCE, BOUNCE | {"RecordType": "Bounced"}),
    "sendgrid": (sendgrid("bounce"), sendgrid("bounced")),
    "ses": (ses("Complaint", complainedRecipients=ADDRESSED, **STAMP), ses("Grumble", **STAMP)),
}


async def knock(d: Door, provider: str, said: Any) -> None:
    if provider == "ses":
        answer = await d.ses(sns(said))
    elif provider == "sendgrid":
        answer = await d.sendgrid([said])
    else:
        answer = await d.http.post("/v1/mail/postmark", json=said, auth=POSTMARK)
    assert answer.status_code == 200


async def kept_of(provider: str) -> tuple[list[Any], Rejected]:
    """What the good body becomes, and the record of the bad one."""
    good, bad = SAID[provider]
    async with door() as d:
        await knock(d, provider, good)
        expected = [to_builtins(one) for one in d.touches()]
        await knock(d, provider, bad)
        [record] = d.rejected()
    assert (record.reason, record.door) == (Reason.MAPPING, f"mail/{provider}")
    return expected, record


def replayed(record: Rejected, patch: Patch | None = None, *, times: int = 1) -> tuple[list[str], list[Any]]:
    """What became of it each time, and the messages of `touches`."""
    memory = MemoryDoor()
    hand = replaying(memory, remaker(mapper=mapper_with(HERE)))
    ended = [hand.replay([Kept(0, 0, record)], patch)[0] for _ in range(times)]
    blocks = [one.value for one in memory.records if one.topic == "touches"]
    told = [to_builtins(touch) for block in blocks for touch in decode(block, type=list[Touch])]
    return [str(one.preview.why or one.ended) for one in ended], told


@pytest.mark.parametrize("provider", SAID)
async def test_what_a_release_learns_to_read_becomes_what_it_would_have_become(provider: str) -> None:
    expected, record = await kept_of(provider)
    [why], told = replayed(record)
    assert (why.startswith("this release cannot read it either: "), told) == (True, [])
    good = SAID[provider][0]
    known = replace(record, raw=sns(good) if provider == "ses" else encode(good))  # as if the word were known now
    again = replayed(known, times=2)
    assert again == (["replayed", "replayed"], expected * 2), "the same ids and times: it counts once"


async def test_without_a_time_of_its_own_it_keeps_the_time_at_which_it_came() -> None:
    _, record = await kept_of("sendgrid")
    said = {name: value for name, value in SAID["sendgrid"][0].items() if name != "timestamp"}
    _, [event] = replayed(replace(record, raw=encode(said)))
    assert (event["at"], event["to"]) == (record.at, ANN)
    assert record.at == NOW


async def test_a_body_is_mended_by_a_patch_and_keeps_its_id() -> None:
    expected, record = await kept_of("sendgrid")
    assert replayed(record, merge_patch('{"event": "bounce"}')) == (["replayed"], expected)


NOBODY = [{"emailAddress": "nobody at all"}]
PATCHES = {
    "merge": lambda: merge_patch(json.dumps({"complaint": {"complainedRecipients": ADDRESSED}})),
    "jmespath": lambda: expression(
        "merge(@, {complaint: merge(complaint, {complainedRecipients: [{emailAddress: 'ann@acme.example'}]})})"
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", PATCHES)
async def test_the_text_in_an_envelope_of_amazon_s_is_mended_and_its_signature_is_not_asked_for_again(
    language: str
) -> None:
    """It proved itself when it came; what an operator mends no longer fits that signature, and need not."""
    good, bad = (ses("Complaint", complainedRecipients=to, **STAMP) for to in (ADDRESSED, NOBODY))
    async with door() as d:
        assert (await d.ses(sns(good))).status_code == 200
        expected = [to_builtins(one) for one in d.touches()]
        assert (await d.ses(sns(bad))).json()["rejected"] == 1
        [record] = d.rejected()
    patch = inside(PATCHES[language](), "Message")
    assert replayed(record, patch, times=2) == (["replayed", "replayed"], expected * 2), "its id is the envelope's"
    [why], told = replayed(record, PATCHES[language]())
    assert (why in {"", "replayed"}, told) == (False, []), "of the envelope it mends nothing"
    async with door() as d:
        answer = await d.ses(patched(record.raw, patch))
        assert (answer.status_code, d.sink.records) == (401, []), "nobody can post what was mended"


def test_a_provider_that_this_release_does_not_know_says_so() -> None:
    record = Rejected(at=NOW, reason=Reason.MAPPING, detail="x", source="dove", raw=b"{}", door="mail/dove")
    [why], _ = replayed(record)
    assert "dove: no mail provider of this release" in why


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"null", b"\xff", b"[" * 5_000, b'{"event":{}}', b'{"Type":"Notification"}']
)
@pytest.mark.parametrize("provider", SAID)
def test_whatever_bytes_were_kept_a_replay_says_why_and_sends_nothing(provider: str, raw: bytes) -> None:
    record = Rejected(at=NOW, reason=Reason.MAPPING, detail="x", source=provider, raw=raw, door=f"mail/{provider}")
    [why], told = replayed(record)
    assert (why not in {"", "replayed"}, told) == (True, [])
