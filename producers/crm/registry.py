"""The CRMs whose webhooks we read: one line each."""

import json
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from msgspec import Struct, to_builtins

from producers.crm import hubspot, pipedrive, salesforce
from producers.crm.proof import Knock
from producers.crm.reading import Reading
from producers.crm.told import CrmSignal, Told

__all__ = ["CRMS", "Crm", "Verify", "preview"]


class Verify(Protocol):
    """Raises Refused(PROOF) for a request that does not prove who sent it. `now_ms` is UTC milliseconds."""

    def __call__(self, knock: Knock, *, secret: str, now_ms: int) -> None:
        """Returns for a good proof."""


class Crm(Struct, frozen=True, kw_only=True):
    """How one CRM proves itself, what its bodies become, and what it wants to hear (None: our usual JSON).

    `glance`: where the proof is of the body too, what its head tells alone; None: `verify` needs no body.
    `whole`: a body around one object that was kept by itself.
    """

    verify: Verify
    signals_of: Callable[[bytes, Reading], Told[CrmSignal]]
    glance: Verify | None = None
    answer: bytes | None = None
    media_type: str = "application/json"
    secret_in_path: bool = False
    json: bool = True
    whole: Callable[[bytes], bytes] = bytes


CRMS: Final[Mapping[str, Crm]] = {
    "hubspot": Crm(verify=hubspot.verify, glance=hubspot.glance, signals_of=hubspot.signals_of),
    "pipedrive": Crm(verify=pipedrive.verify, signals_of=pipedrive.signals_of),
    "salesforce": Crm(
        verify=salesforce.verify, signals_of=salesforce.signals_of, answer=salesforce.ACKNOWLEDGED,
        media_type="text/xml", secret_in_path=True, json=False,
        whole=salesforce.around,
    ),
}  # fmt: skip


def preview(crm: Crm, body: bytes, reading: Reading) -> str:
    """What a body would become, for people to read. Raises Refused where it cannot be read at all."""
    told = crm.signals_of(body, reading)
    lines = [json.dumps(to_builtins(signal), indent=2, ensure_ascii=False) for signal in told.messages]
    lines += [f"rejected: {one.why}" for one in told.unread]
    if told.passed_over:
        lines.append(f"passed over, nothing that we need: {told.passed_over}")
    return "\n".join(lines)
